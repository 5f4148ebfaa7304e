import { Link } from "@tanstack/react-router";
import styles from "./TaskLink.module.css";

interface Props {
  task: { pool: string; id: string; job: string };
}

/** A task by its job and its id, and the way to its page. */
export function TaskLink({ task }: Props) {
  return (
    <Link
      to="/tasks/$pool/$id"
      params={{ pool: task.pool, id: task.id }}
      className={styles.link}
      title={`${task.pool}/${task.id}`}
    >
      <span className={styles.job}>{task.job}</span>
      <span className={styles.id}>{task.id}</span>
    </Link>
  );
}
