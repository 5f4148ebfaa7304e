import { count } from "../lib/format";
import styles from "./CountsBar.module.css";

/** Of whatever is counted, the first comes first. */
const ORDER = [
  "succeeded",
  "open",
  "running",
  "queued",
  "scheduled",
  "waiting",
  "not sent",
  "failed",
  "dead",
  "cancelled",
  "skipped",
] as const;
export type Ends = Partial<Record<(typeof ORDER)[number], number>>;

/** How many nodes of a workflow ended how, as shares of a bar and in words. */
export function CountsBar({ counts }: { counts: Ends }) {
  return (
    <div className={styles.counts}>
      <Shares counts={counts} />
      <span className={styles.words}>{words(counts)}</span>
    </div>
  );
}

/** The same as a bar alone. */
export function Shares({ counts }: { counts: Ends }) {
  return (
    <svg
      className={styles.bar}
      role="img"
      aria-label={words(counts) || "no tasks"}
      viewBox="0 0 100 6"
      preserveAspectRatio="none"
    >
      {shares(counts).map(({ end, from, size }) => (
        <rect
          key={end}
          data-end={end}
          data-state={end}
          className={styles.share}
          x={from}
          width={size}
          height="6"
        />
      ))}
    </svg>
  );
}

function words(counts: Ends): string {
  return shares(counts)
    .map(({ end, number }) => `${count(number)} ${end}`)
    .join(", ");
}

function shares(counts: Ends) {
  const some = ORDER.map((end) => ({ end, number: counts[end] ?? 0 })).filter(
    ({ number }) => number > 0,
  );
  const all = some.reduce((sum, { number }) => sum + number, 0);
  let from = 0;
  return some.map(({ end, number }) => {
    const size = (100 * number) / all;
    const share = { end, number, from, size };
    from += size;
    return share;
  });
}
