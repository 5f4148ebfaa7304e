import { CircleHelp } from "lucide-react";
import { useExplanation } from "../../api/tasks";
import type { Task } from "../../api/types";
import { count, span } from "../../lib/format";
import styles from "./Explanation.module.css";

/** Why the task is not running, and what would make it run. */
export function Explanation({ task }: { task: Task }) {
  const { data } = useExplanation(task);
  if (!data || data.running || data.reasons.length === 0) return null;
  return (
    <section className={styles.box} aria-label="Why it is not running">
      <CircleHelp aria-hidden size={18} strokeWidth={1.9} />
      <div>
        <h2>Why is it not running?</h2>
        <ul className={styles.reasons}>
          {data.reasons.map(({ code, message, hint }) => (
            <li key={code + message}>
              {message}
              {hint && <span className={styles.hint}>: {hint}</span>}
            </li>
          ))}
        </ul>
        {data.position !== null && (
          <p className={styles.hint}>
            Place {count(data.position)} in the queue
            {data.estimate_s !== null &&
              `, its turn comes in about ${span(data.estimate_s * 1000)}`}
            .
          </p>
        )}
      </div>
    </section>
  );
}
