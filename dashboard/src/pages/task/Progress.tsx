import type { Task } from "../../api/types";
import { Meter } from "../../components/Meter";
import styles from "./Progress.module.css";

/** How far a running task is, in its own words. */
export function Progress({ task }: { task: Task }) {
  if (!task.progress || task.state !== "running") return null;
  const { percent, message } = task.progress;
  return (
    <div className={styles.progress}>
      <p className={styles.words}>
        <strong>{Math.round(percent)} %</strong>
        <span>{message}</span>
      </p>
      <Meter value={percent} most={100} label="Progress" />
    </div>
  );
}
