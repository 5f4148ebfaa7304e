import { Link } from "@tanstack/react-router";
import type { State, TaskRow } from "../../api/types";
import type { Columns } from "../../components/DataTable";
import { Meter } from "../../components/Meter";
import { StateBadge } from "../../components/StateBadge";
import { TaskLink } from "../../components/TaskLink";
import { When } from "../../components/When";
import styles from "./columns.module.css";

/** The one moment that a row knows, by its state. */
const MOMENTS: Partial<Record<State, { word: string; of: keyof TaskRow }>> = {
  scheduled: { word: "due", of: "due_at" },
  waiting: { word: "sent", of: "enqueued_at" },
  queued: { word: "sent", of: "enqueued_at" },
  running: { word: "started", of: "started_at" },
};

export const COLUMNS: Columns<TaskRow> = [
  {
    id: "select",
    look: { shrink: true },
    header: ({ table }) => (
      <input
        type="checkbox"
        aria-label="Select all tasks of this page"
        className={styles.box}
        checked={table.getIsAllRowsSelected()}
        ref={(box) => {
          if (box)
            box.indeterminate = table.getIsSomeRowsSelected() && !table.getIsAllRowsSelected();
        }}
        onChange={table.getToggleAllRowsSelectedHandler()}
      />
    ),
    cell: ({ row }) => (
      <input
        type="checkbox"
        aria-label={`Select ${row.original.name}`}
        className={styles.box}
        checked={row.getIsSelected()}
        onChange={row.getToggleSelectedHandler()}
      />
    ),
  },
  {
    id: "state",
    header: "State",
    look: { shrink: true },
    cell: ({ row: { original: task } }) => <StateBadge state={task.state} />,
  },
  {
    id: "task",
    header: "Task",
    look: { wide: true },
    cell: ({ row: { original: task } }) => (
      <div className={styles.task}>
        <TaskLink task={task} />
      </div>
    ),
  },
  {
    id: "pool",
    header: "Pool",
    look: { shrink: true },
    cell: ({ row: { original: task } }) => (
      <Link
        to="/tasks"
        search={(old) => ({ ...old, pool: task.pool, cursor: "" })}
        className={styles.pool}
        title={task.pool}
      >
        {task.pool}
      </Link>
    ),
  },
  {
    id: "priority",
    header: "Priority",
    look: { align: "end", shrink: true, label: "priority" },
    cell: ({ row: { original: task } }) => task.priority,
  },
  {
    id: "attempts",
    header: "Attempts",
    look: { align: "end", shrink: true, label: "attempts" },
    cell: ({ row: { original: task } }) => task.attempts,
  },
  {
    id: "when",
    header: "When",
    look: { shrink: true },
    cell: ({ row: { original: task } }) => <Moment task={task} />,
  },
];

function Moment({ task }: { task: TaskRow }) {
  if (task.state === "running" && task.progress) {
    return (
      <span className={styles.progress}>
        <Meter value={task.progress} most={100} label={`${task.name}: ${task.progress} %`} />
        {Math.round(task.progress)} %
      </span>
    );
  }
  const { word, of } = MOMENTS[task.state] ?? { word: "ended", of: "finished_at" as const };
  return (
    <span className={styles.when}>
      {word} <When at={task[of] as string | null} />
    </span>
  );
}
