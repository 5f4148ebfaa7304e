import { Link } from "@tanstack/react-router";
import type { Relative, Task } from "../../api/types";
import { Card } from "../../components/Card";
import { StateBadge } from "../../components/StateBadge";
import { count } from "../../lib/format";
import styles from "./Lineage.module.css";

/** Where the task comes from, and what waits for it. */
export function Lineage({ task }: { task: Task }) {
  const { lineage } = task;
  if (!lineage) return null;
  const { parents, children, children_count, workflow, schedule } = lineage;
  if (!workflow && !schedule && parents.length + children.length === 0) return null;
  return (
    <Card title="Lineage">
      {workflow && (
        <p className={styles.line}>
          Part of the workflow{" "}
          <Link to="/workflows/$pool/$id" params={parts(workflow)}>
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
      {children_count > children.length && (
        <p className={styles.on}>and {count(children_count - children.length)} more</p>
      )}
    </Card>
  );
}

function Relatives({ title, relatives }: { title: string; relatives: Relative[] }) {
  if (relatives.length === 0) return null;
  return (
    <>
      <h3 className={styles.title}>{title}</h3>
      <ul>
        {relatives.map(({ name, state, on }) => (
          <li key={name + on} className={styles.relative}>
            <Link to="/tasks/$pool/$id" params={parts(name)}>
              {name}
            </Link>
            {on && <span className={styles.on}>on {on}</span>}
            {state ? <StateBadge state={state} /> : <span className={styles.on}>not there</span>}
          </li>
        ))}
      </ul>
    </>
  );
}

/** The pool and the id of a full name. */
function parts(name: string): { pool: string; id: string } {
  const at = name.indexOf("/");
  return { pool: name.slice(0, at), id: name.slice(at + 1) };
}
