import { count } from "../lib/format";
import styles from "./CountsBar.module.css";

/** Of whatever is counted, the first comes first. */
const ORDER = ["succeeded", "open", "failed", "dead", "cancelled", "skipped"] as const;
export type Ends = Partial<Record<(typeof ORDER)[number], number>>;

/** How many nodes of a workflow ended how, as shares of a bar. */
export function CountsBar({ counts }: { counts: Ends }) {
  const all = shares(counts);
  const words = all.map(({ end, number }) => `${count(number)} ${end}`).join(", ");
  return (
    <div className={styles.counts}>
      <svg
        className={styles.bar}
        role="img"
        aria-label={words || "no tasks"}
        viewBox="0 0 100 6"
        preserveAspectRatio="none"
      >
        {all.map(({ end, from, size }) => (
          <rect
            key={end}
            data-end={end}
            className={styles.share}
            x={from}
            width={size}
            height="6"
          />
        ))}
      </svg>
      <span className={styles.words}>{words}</span>
    </div>
  );
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
