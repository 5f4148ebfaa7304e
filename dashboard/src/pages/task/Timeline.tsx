import type { Moment, Task } from "../../api/types";
import { Card } from "../../components/Card";
import { When } from "../../components/When";
import { span } from "../../lib/format";
import { useNow } from "../../lib/now";
import styles from "./Timeline.module.css";

interface Step {
  at: Moment;
  words: string;
  about?: string;
  state?: string;
}

const ENDED = ["succeeded", "failed", "dead", "cancelled"];

/** What became of the task, in order. */
export function Timeline({ task }: { task: Task }) {
  const now = useNow();
  return (
    <Card title="Timeline">
      <ol className={styles.steps}>
        {steps(task, now.getTime()).map(({ at, words, about, state }) => (
          <li key={`${words} ${at}`} className={styles.step} data-state={state}>
            <span className={styles.words}>
              {words}
              {about && <span className={styles.about}>{about}</span>}
            </span>
            {at && (
              <span className={styles.when}>
                <When at={at} exact />
              </span>
            )}
          </li>
        ))}
      </ol>
    </Card>
  );
}

/** The steps of a task's life that are known, oldest first; what goes on comes last. */
export function steps(task: Task, now: number): Step[] {
  const { enqueued_at, started_at, finished_at, failed_attempts, state } = task;
  const found: Step[] = [{ at: enqueued_at, words: "Submitted", state: "queued" }];
  for (const attempt of failed_attempts) {
    found.push({
      at: attempt.ended_at,
      words: `${attempt.title}: ${attempt.crash === null ? attempt.kind : (attempt.cause ?? attempt.kind)}`,
      about: between(attempt.started_at, attempt.ended_at, "after "),
      state: "failed",
    });
  }
  if (started_at && (state === "running" || state === "succeeded")) {
    const waited = failed_attempts.length === 0;
    found.push({
      at: started_at,
      words: "Started",
      about: waited ? between(enqueued_at, started_at, "waited ") : "",
      state: "running",
    });
  }
  if (state === "scheduled") found.push({ at: task.due_at, words: "Due", state });
  if (state === "running" && started_at) {
    const about = `for ${span(now - Date.parse(started_at))}`;
    found.push({ at: null, words: "Running", about, state });
  }
  if (ENDED.includes(state)) {
    const about = state === "succeeded" ? between(started_at, finished_at, "ran ") : "";
    const words = state.charAt(0).toUpperCase() + state.slice(1);
    found.push({ at: finished_at, words, about, state });
  }
  // Moments of one form sort as text; sort is stable, so what ended at once keeps its order.
  return found.sort((one, other) =>
    (one.at ?? "~") < (other.at ?? "~") ? -1 : one.at === other.at ? 0 : 1,
  );
}

function between(from: Moment, to: Moment, word: string): string {
  return from && to ? word + span(Date.parse(to) - Date.parse(from)) : "";
}
