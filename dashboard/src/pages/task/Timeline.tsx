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
          <li key={words + at} className={styles.step} data-state={state}>
            <span className={styles.words}>
              {words}
              {about && <span className={styles.about}>{about}</span>}
            </span>
            <span className={styles.when}>
              <When at={at} exact />
            </span>
          </li>
        ))}
      </ol>
    </Card>
  );
}

/** The steps of a task's life that are known, oldest first. */
export function steps(task: Task, now: number): Step[] {
  const found: Step[] = [{ at: task.enqueued_at, words: "Submitted", state: "queued" }];
  for (const attempt of task.failed_attempts) {
    found.push({
      at: attempt.ended_at,
      words: `Attempt ${attempt.number}: ${attempt.kind}`,
      about: between(attempt.started_at, attempt.ended_at, "after "),
      state: "failed",
    });
  }
  if (task.started_at && (task.state === "running" || task.state === "succeeded")) {
    const waited = task.failed_attempts.length === 0 && task.enqueued_at;
    found.push({
      at: task.started_at,
      words: "Started",
      about: waited ? between(task.enqueued_at, task.started_at, "waited ") : "",
      state: "running",
    });
  }
  if (task.state === "scheduled") {
    found.push({ at: task.due_at, words: "Due", state: "scheduled" });
  }
  if (task.state === "running" && task.started_at) {
    found.push({
      at: null,
      words: "Running",
      about: `for ${span(now - Date.parse(task.started_at))}`,
      state: "running",
    });
  }
  if (ENDED.includes(task.state)) {
    const ran =
      task.state === "succeeded" ? between(task.started_at, task.finished_at, "ran ") : "";
    const words = task.state[0]?.toUpperCase() + task.state.slice(1);
    found.push({ at: task.finished_at, words, about: ran, state: task.state });
  }
  return found;
}

function between(from: Moment, to: Moment, word: string): string {
  return from && to ? word + span(Date.parse(to) - Date.parse(from)) : "";
}
