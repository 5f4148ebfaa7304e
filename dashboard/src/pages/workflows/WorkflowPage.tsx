import { useParams } from "@tanstack/react-router";
import { Ban, RotateCcw } from "lucide-react";
import { useState } from "react";
import { useAct } from "../../api/actions";
import type { WorkflowGraph } from "../../api/types";
import { useWorkflow } from "../../api/workflows";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { Confirm } from "../../components/Confirm";
import { CountsBar } from "../../components/CountsBar";
import { PageHead } from "../../components/PageHead";
import { StateBadge } from "../../components/StateBadge";
import { TaskLink } from "../../components/TaskLink";
import { Trouble } from "../../components/Trouble";
import { When } from "../../components/When";
import { useTitle } from "../../lib/title";
import { Graph } from "./Graph";
import styles from "./WorkflowPage.module.css";
import { WorkflowState } from "./WorkflowState";

/** One workflow: its graph, coloured by what becomes of it, and its tasks as a list. */
export function WorkflowPage() {
  const { id } = useParams({ from: "/workflows/$id" });
  const { data: flow, error, refetch } = useWorkflow(id);
  const [chosen, setChosen] = useState<string>();
  useTitle(flow?.name ?? id);
  const node = flow?.nodes.find(({ name }) => name === chosen);
  return (
    <>
      <PageHead
        title={
          <span className={styles.title}>
            {flow?.name ?? "Workflow"} {flow && <WorkflowState state={flow.state} />}
          </span>
        }
        about={
          <>
            <code>{id}</code>
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
      {flow && (
        <>
          <CountsBar counts={flow.counts} />
          <Card title="Graph" aside="Choose a task to rerun from it" flush>
            <Graph flow={flow} chosen={chosen} onChoose={setChosen} />
          </Card>
          <Card title="Tasks" flush>
            <ul>
              {flow.nodes.map((task) => (
                <li key={task.name} className={styles.task} data-chosen={task.name === chosen}>
                  <StateBadge state={task.state} />
                  <TaskLink task={{ ...task, job: task.title || task.job }} />
                </li>
              ))}
            </ul>
          </Card>
        </>
      )}
    </>
  );
}

function Actions({ flow, chosen }: { flow: WorkflowGraph; chosen: string | undefined }) {
  const path = `api/workflows/${encodeURIComponent(flow.id)}`;
  const cancel = useAct(`${path}/cancel`, "The workflow is cancelled");
  const retry = useAct(`${path}/retry`, "What failed runs again");
  const rerun = useAct<{ node: string }>(`${path}/rerun`, "The workflow runs again from that task");
  const { counts } = flow;
  const alive = counts.scheduled + counts.waiting + counts.queued + counts.running;
  const bad = counts.failed + counts.dead + counts.cancelled;
  return (
    <>
      {chosen && (
        <Confirm
          trigger={<Button icon={RotateCcw}>Rerun from the chosen task</Button>}
          title="Rerun from this task?"
          action="Rerun"
          look="primary"
          onConfirm={() => rerun.mutate({ node: chosen })}
        >
          <p>
            <code>{chosen}</code> and everything that comes after it runs again; what came before
            keeps its results.
          </p>
        </Confirm>
      )}
      {bad > 0 && (
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
      {alive > 0 && (
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
