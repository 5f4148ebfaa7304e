import { type Counts, STATES } from "../api/types";
import { count } from "../lib/format";
import styles from "./CountsBar.module.css";

/** How many tasks are in each state, as shares of a bar. */
export function CountsBar({ counts }: { counts: Counts }) {
  const some = STATES.filter((state) => counts[state] > 0);
  const words = some.map((state) => `${count(counts[state])} ${state}`).join(", ");
  return (
    <div className={styles.counts}>
      <svg
        className={styles.bar}
        role="img"
        aria-label={words || "no tasks"}
        viewBox="0 0 100 6"
        preserveAspectRatio="none"
      >
        {shares(counts).map(({ state, from, size }) => (
          <rect
            key={state}
            data-state={state}
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

function shares(counts: Counts) {
  const all = STATES.reduce((sum, state) => sum + counts[state], 0) || 1;
  let from = 0;
  return STATES.filter((state) => counts[state] > 0).map((state) => {
    const size = (100 * counts[state]) / all;
    const share = { state, from, size };
    from += size;
    return share;
  });
}
