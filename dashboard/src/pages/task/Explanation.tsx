import { CircleHelp } from "lucide-react";
import { isExplained, useExplanation } from "../../api/tasks";
import type { State, Task } from "../../api/types";
import { When } from "../../components/When";
import { count, span } from "../../lib/format";
import styles from "./Explanation.module.css";

const ENDS: Partial<Record<State, string>> = {
  failed: "Why has it failed?",
  dead: "Why is it dead?",
  cancelled: "Why is it cancelled?",
};

/** Why the task is not running, and what would make it run. */
export function Explanation({ task }: { task: Task }) {
  const { data } = useExplanation(task);
  if (!isExplained(task) || !data || data.reasons.length === 0) return null;
  const title = ENDS[task.state] ?? "Why is it not running?";
  return (
    <section className={styles.box} aria-label={title}>
      <CircleHelp aria-hidden size={18} strokeWidth={1.9} />
      <div>
        <h2>{title}</h2>
        <ul className={styles.reasons}>
          {data.reasons.map(({ code, message, hint }) => (
            <li key={code + message}>
              <Sentence text={message} />
              {hint && (
                <span className={styles.hint}>
                  : <Hint text={hint} />
                </span>
              )}
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

/** What to do; it may end with a command for a shell. */
function Hint({ text }: { text: string }) {
  const at = text.search(/(?<=^|: )skedulr /);
  if (at < 0) return text;
  return (
    <>
      {text.slice(0, at)}
      <code>{text.slice(at)}</code>
    </>
  );
}

const MOMENT = /(\d{4}-\d\d-\d\dT[\d:.]+Z)/;

/** The coordinator's words, with the moments in them as people here read them. */
function Sentence({ text }: { text: string }) {
  // Every other part is what the pattern has caught.
  return text.split(MOMENT).map((part, index) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: a part of a sentence is known by its place
    index % 2 ? <When key={index} at={part} exact /> : <span key={index}>{part}</span>,
  );
}
