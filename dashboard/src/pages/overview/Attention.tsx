import { Link } from "@tanstack/react-router";
import { ArrowRight, CircleCheckBig } from "lucide-react";
import { useEnded } from "../../api/tasks";
import type { Counts, TaskRow } from "../../api/types";
import { Card } from "../../components/Card";
import { Empty } from "../../components/Empty";
import { StateBadge } from "../../components/StateBadge";
import { TaskLink } from "../../components/TaskLink";
import { When } from "../../components/When";
import { brief } from "../../lib/format";
import styles from "./Attention.module.css";

const SHOWN = 6;

/** The newest tasks that ended badly: what somebody should look at first. */
export function Attention({ counts }: { counts: Counts | undefined }) {
  const dead = useEnded("dead", SHOWN);
  const failed = useEnded("failed", SHOWN);
  const rows = newest([...(dead.data?.tasks ?? []), ...(failed.data?.tasks ?? [])]);
  const number = (counts?.dead ?? 0) + (counts?.failed ?? 0);
  return (
    <Card
      title="Needs a look"
      flush
      aside={
        number > 0 && (
          <>
            {counts && counts.failed > 0 && (
              <Link to="/tasks" search={{ state: "failed" }} className={styles.all}>
                {brief(counts.failed)} failed <ArrowRight aria-hidden size={13} />
              </Link>
            )}
            {counts && counts.dead > 0 && (
              <Link to="/tasks" search={{ state: "dead" }} className={styles.all}>
                {brief(counts.dead)} dead <ArrowRight aria-hidden size={13} />
              </Link>
            )}
          </>
        )
      }
    >
      {rows.length > 0 ? (
        <ul>
          {rows.map((task) => (
            <li key={task.name} className={styles.task}>
              <StateBadge state={task.state} />
              <TaskLink task={task} />
              <span className={styles.when}>
                <When at={task.finished_at} />
              </span>
            </li>
          ))}
        </ul>
      ) : (
        <Empty icon={CircleCheckBig} title="Nothing failed">
          <p>
            Tasks that fail or use up their retries appear here, ready to be looked at and rerun.
          </p>
        </Empty>
      )}
    </Card>
  );
}

function newest(tasks: TaskRow[]): TaskRow[] {
  const at = (task: TaskRow) => Date.parse(task.finished_at ?? "") || 0;
  return tasks.sort((one, other) => at(other) - at(one)).slice(0, SHOWN);
}
