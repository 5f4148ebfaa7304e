import { Link } from "@tanstack/react-router";
import type { Relative, Task } from "../../api/types";
import { Card } from "../../components/Card";
import { StateBadge } from "../../components/StateBadge";
import styles from "./Lineage.module.css";

/** Where the task comes from, and what waits for it. */
export function Lineage({ task }: { task: Task }) {
  const { lineage } = task;
  if (!lineage) return null;
  const { parents, children, workflow, schedule } = lineage;
  if (!workflow && !schedule && parents.length + children.length === 0) return null;
  return (
    <Card title="Lineage">
      {workflow && (
        <p className={styles.line}>
          Part of the workflow{" "}
          <Link to="/workflows/$id" params={{ id: workflow }}>
            {workflow}
          </Link>
        </p>
      )}
      {schedule && (
        <p className={styles.line}>
          Submitted by the schedule{" "}
          <Link to="/schedules" search={{ name: schedule }}>
            {schedule}
          </Link>
        </p>
      )}
      <Relatives title="Waits for" relatives={parents} />
      <Relatives title="Waited for by" relatives={children} />
    </Card>
  );
}

function Relatives({ title, relatives }: { title: string; relatives: Relative[] }) {
  if (relatives.length === 0) return null;
  return (
    <>
      <h3 className={styles.title}>{title}</h3>
      <ul>
        {relatives.map(({ name, state, on }) => {
          const [pool = "", ...rest] = name.split("/");
          return (
            <li key={name + on} className={styles.relative}>
              <Link to="/tasks/$pool/$id" params={{ pool, id: rest.join("/") }}>
                {name}
              </Link>
              {on && <span className={styles.on}>on {on}</span>}
              {state && <StateBadge state={state} />}
            </li>
          );
        })}
      </ul>
    </>
  );
}
