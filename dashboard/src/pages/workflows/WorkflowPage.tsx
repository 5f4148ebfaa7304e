import { useParams } from "@tanstack/react-router";
import { Ban, RotateCcw } from "lucide-react";
import { useMemo, useState } from "react";
import { useAct } from "../../api/actions";
import type { State, WorkflowGraph } from "../../api/types";
import { useWorkflow, workflowPath } from "../../api/workflows";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { Confirm } from "../../components/Confirm";
import { CountsBar } from "../../components/CountsBar";
import { Loading } from "../../components/Loading";
import { PageHead } from "../../components/PageHead";
import { StateBadge } from "../../components/StateBadge";
import { TaskLink } from "../../components/TaskLink";
import { Trouble } from "../../components/Trouble";
import { When } from "../../components/When";
import { useTitle } from "../../lib/title";
import { Graph } from "./Graph";
import { inOrder, layOut } from "./layout";
import { nodeState } from "./nodeState";
import styles from "./WorkflowPage.module.css";
import { WorkflowState } from "./WorkflowState";

const ENDED: State[] = ["succeeded", "failed", "dead", "cancelled"];

/** One workflow: its graph, coloured by what becomes of it, and its tasks as a list. */
export function WorkflowPage() {
  const { pool, id } = useParams({ from: "/workflows/$pool/$id" });
  const { data: flow, error, refetch } = useWorkflow(pool, id);
  const [chosen, setChosen] = useState<string>();
  useTitle(flow?.title ?? id);
  const node = flow?.nodes.find(({ name }) => name === chosen);
  return (
    <>
      <PageHead
        title={
          <span className={styles.title}>
            {flow?.title ?? "Workflow"} {flow && <WorkflowState state={flow.state} />}
          </span>
        }
        about={
          <>
            <code>{`${pool}/${id}`}</code>
            {flow && (
              <span>
                created <When at={flow.created_at} />
              </span>
            )}
          </>
        }
      >
        {flow && <Actions flow={flow} chosen={node?.name} />}
      </PageHead>
      {error && <Trouble error={error} onRetry={() => void refetch()} />}
      {!flow && !error && <Loading />}
      {flow && <Flow flow={flow} chosen={chosen} onChoose={setChosen} />}
    </>
  );
}

interface FlowProps {
  flow: WorkflowGraph;
  chosen: string | undefined;
  onChoose: (name: string | undefined) => void;
}

function Flow({ flow, chosen, onChoose }: FlowProps) {
  const shape = JSON.stringify([flow.nodes.map(({ name }) => name), flow.edges]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: states change each second, places do not
  const places = useMemo(() => layOut(flow.nodes, flow.edges), [shape]);
  return (
    <>
      <CountsBar counts={flow.counts} />
      <Card title="Graph" aside="Choose a task to rerun from it" flush>
        <Graph flow={flow} places={places} chosen={chosen} onChoose={onChoose} />
      </Card>
      <Card title="Tasks" flush>
        <ul>
          {inOrder(flow.nodes, places).map((task) => (
            <li key={task.name} className={styles.task} data-chosen={task.name === chosen}>
              {task.state && !task.skipped ? (
                <StateBadge state={task.state} />
              ) : (
                <span>{nodeState(task)}</span>
              )}
              <TaskLink task={task} />
              {task.state && ENDED.includes(task.state) && (
                <Rerun flow={flow} node={task.name} label="Rerun from here" />
              )}
            </li>
          ))}
        </ul>
      </Card>
    </>
  );
}

function Actions({ flow, chosen }: { flow: WorkflowGraph; chosen: string | undefined }) {
  const path = workflowPath(flow.pool, flow.id);
  const cancel = useAct(`${path}/cancel`, "The workflow is cancelled");
  const retry = useAct(`${path}/retry`, "What failed runs again");
  const { counts } = flow;
  const alive = (counts.open ?? 0) > 0;
  const bad = (counts.failed ?? 0) + (counts.dead ?? 0) + (counts.cancelled ?? 0) > 0;
  return (
    <>
      {chosen && <Rerun flow={flow} node={chosen} label="Rerun from the chosen task" />}
      {bad && (
        <Confirm
          trigger={<Button icon={RotateCcw}>Retry what failed</Button>}
          title="Retry what failed?"
          action="Retry"
          look="primary"
          onConfirm={() => retry.mutate()}
        >
          <p>Tasks that failed run again, and so does what was cancelled because of them.</p>
        </Confirm>
      )}
      {alive && (
        <Confirm
          trigger={<Button icon={Ban}>Cancel</Button>}
          title="Cancel this workflow?"
          action="Cancel the workflow"
          onConfirm={() => cancel.mutate()}
        >
          <p>What has not started will not run, and what runs is told to stop.</p>
        </Confirm>
      )}
    </>
  );
}

/** Run a node again, and all that hangs on it. */
function Rerun({ flow, node, label }: { flow: WorkflowGraph; node: string; label: string }) {
  const path = `${workflowPath(flow.pool, flow.id)}/rerun`;
  const rerun = useAct<{ node: string }>(path, "The workflow runs again from that task");
  return (
    <Confirm
      trigger={<Button icon={RotateCcw}>{label}</Button>}
      title="Rerun from this task?"
      action="Rerun"
      look="primary"
      onConfirm={() => rerun.mutate({ node })}
    >
      <p>
        <code>{node}</code> and everything that comes after it runs again; what came before keeps
        its results.
      </p>
    </Confirm>
  );
}
