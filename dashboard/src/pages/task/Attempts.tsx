import type { Attempt, Task } from "../../api/types";
import { Card } from "../../components/Card";
import { When } from "../../components/When";
import { plural, span } from "../../lib/format";
import styles from "./Attempts.module.css";

/** Every attempt that did not succeed and every crash, the last one open. */
export function Attempts({ task }: { task: Task }) {
  const attempts = [...task.failed_attempts].reverse();
  if (attempts.length === 0) return null;
  const crashes = attempts.filter(({ crash }) => crash !== null).length;
  return (
    <Card
      title={crashes > 0 ? "Attempts and crashes" : "Attempts that failed"}
      aside={told(attempts.length - crashes, crashes)}
    >
      <ol className={styles.attempts}>
        {attempts.map((attempt, index) => (
          <li key={`${attempt.number} ${attempt.ended_at}`}>
            <details className={styles.attempt} open={index === 0}>
              <summary className={styles.summary}>
                <span className={styles.title}>{attempt.title}</span>
                <span className={styles.error}>{firstLine(attempt.error) || attempt.kind}</span>
                <span className={styles.when}>
                  {lasted(attempt)}
                  <When at={attempt.ended_at} />
                </span>
              </summary>
              {isCut(attempt.error) && <Text label="Error" text={attempt.error} />}
              {attempt.traceback && <Text label="Traceback" text={attempt.traceback} />}
              {attempt.stderr && (
                <>
                  <p className={styles.where}>The last lines that the process wrote</p>
                  <Text label="Standard error" text={attempt.stderr} />
                </>
              )}
              <p className={styles.where}>
                {[attempt.kind, ...death(attempt)].join(", ")}
                {attempt.instance && ` on ${attempt.instance}`}
              </p>
            </details>
          </li>
        ))}
      </ol>
    </Card>
  );
}

/** How many of each there are, of which there are any. */
function told(failed: number, crashes: number): string {
  const counts: string[] = [];
  if (failed > 0) counts.push(plural(failed, "attempt"));
  if (crashes > 0) counts.push(plural(crashes, "crash", "crashes"));
  return counts.join(", ");
}

/** Long lines scroll, so that the keyboard has to reach them. */
function Text({ label, text }: { label: string; text: string }) {
  return (
    <section aria-label={label}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
      <pre className={styles.text} tabIndex={0}>
        {text}
      </pre>
    </section>
  );
}

/** Whether the summary has no room for all of it. */
function isCut(error: string): boolean {
  return error.includes("\n") || error.length > 120;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}

/** How its process ended, where it did. */
function death({ cause, signal, exit_code }: Attempt): string[] {
  const facts = [cause, signal, exit_code !== null && `exit code ${exit_code}`];
  return facts.filter((each): each is string => Boolean(each));
}

function lasted({ started_at, ended_at }: Attempt): string {
  if (!started_at || !ended_at) return "";
  return `after ${span(Date.parse(ended_at) - Date.parse(started_at))}, `;
}
