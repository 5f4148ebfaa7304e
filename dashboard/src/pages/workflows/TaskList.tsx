import { useState } from "react";
import {
  type Counts,
  STATES,
  type State,
  type WorkflowGraph,
  type WorkflowNode,
} from "../../api/types";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { StateChips } from "../../components/StateChips";
import { TaskLink } from "../../components/TaskLink";
import { count, plural } from "../../lib/format";
import { NodeBadge } from "./NodeBadge";
import { Rerun } from "./Rerun";
import styles from "./TaskList.module.css";

/** Rows that are shown at first, and with each wish for more. */
const SHOWN = 100;
/** As many as a person overlooks without a filter. */
const FILTER_FROM = 12;

interface Props {
  flow: WorkflowGraph;
  /** In the order of the list. */
  tasks: WorkflowNode[];
  chosen: string | undefined;
}

/** The tasks of a workflow, or of what is chosen in its graph, one by one. */
export function TaskList({ flow, tasks, chosen }: Props) {
  const [wanted, setWanted] = useState<State>();
  const [most, setMost] = useState(SHOWN);
  const all = wanted ? tasks.filter(({ state }) => state === wanted) : tasks;
  const shown = all.slice(0, most);
  return (
    <Card title="Tasks" flush aside={plural(all.length, "task")}>
      {tasks.length > FILTER_FROM && (
        <div className={styles.filter}>
          <StateChips counts={counted(tasks)} chosen={wanted} onChoose={setWanted} onlySome />
        </div>
      )}
      <ul>
        {shown.map((task) => (
          <li key={task.name} className={styles.task} data-chosen={task.name === chosen}>
            <NodeBadge node={task} />
            <TaskLink task={task} />
            <Rerun flow={flow} node={task} label="Rerun from here" />
          </li>
        ))}
      </ul>
      {all.length > shown.length && (
        <div className={styles.more}>
          <Button onClick={() => setMost(most + SHOWN)}>
            Show more of {count(all.length - shown.length)}
          </Button>
        </div>
      )}
    </Card>
  );
}

function counted(tasks: WorkflowNode[]): Counts {
  const counts = Object.fromEntries(STATES.map((state) => [state, 0])) as Counts;
  for (const { state } of tasks) if (state) counts[state] += 1;
  return counts;
}
