import { X } from "lucide-react";
import type { WorkflowGraph, WorkflowNode } from "../../api/types";
import { Button } from "../../components/Button";
import { CountsBar, type Ends } from "../../components/CountsBar";
import { TaskLink } from "../../components/TaskLink";
import { plural } from "../../lib/format";
import styles from "./Choice.module.css";
import { NodeBadge } from "./NodeBadge";
import { Rerun } from "./Rerun";
import { jobsOf, tally } from "./standing";

interface Props {
  flow: WorkflowGraph;
  /** One task, or those of a group. */
  tasks: WorkflowNode[];
  onClose: () => void;
}

/** What is chosen in the graph, and what can be done with it. */
export function Choice({ flow, tasks, onClose }: Props) {
  const [task] = tasks;
  return (
    <section className={styles.choice} aria-label="What is chosen">
      {task && tasks.length === 1 ? (
        <>
          <NodeBadge node={task} />
          <TaskLink task={task} />
          <Rerun flow={flow} node={task} label="Rerun from the chosen task" />
        </>
      ) : (
        <>
          <strong>{`${plural(tasks.length, "task")} of ${jobsOf(tasks)}`}</strong>
          <CountsBar counts={Object.fromEntries(tally(tasks)) as Ends} />
        </>
      )}
      <Button icon={X} iconOnly look="quiet" className={styles.close} onClick={onClose}>
        Choose nothing
      </Button>
    </section>
  );
}
