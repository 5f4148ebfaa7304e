import { useParams } from "@tanstack/react-router";
import { Ban, RotateCcw } from "lucide-react";
import { useMemo, useState } from "react";
import { useAct } from "../../api/actions";
import type { WorkflowGraph } from "../../api/types";
import { useWorkflow, workflowPath } from "../../api/workflows";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { Confirm } from "../../components/Confirm";
import { CountsBar } from "../../components/CountsBar";
import { Loading } from "../../components/Loading";
import { PageHead } from "../../components/PageHead";
import { Trouble } from "../../components/Trouble";
import { When } from "../../components/When";
import { useIsNarrow } from "../../lib/narrow";
import { useTitle } from "../../lib/title";
import { Choice } from "./Choice";
import { type Box, fold } from "./fold";
import { Graph } from "./Graph";
import { ACROSS, DOWN, inOrder, layOut } from "./layout";
import { worstFirst } from "./standing";
import { TaskList } from "./TaskList";
import styles from "./WorkflowPage.module.css";
import { WorkflowState } from "./WorkflowState";

/** One workflow: its graph, coloured by what becomes of it, and its tasks as a list. */
export function WorkflowPage() {
  const { pool, id } = useParams({ from: "/workflows/$pool/$id" });
  const { data: flow, error, refetch } = useWorkflow(pool, id);
  useTitle(flow?.title ?? id);
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
        {flow && <Actions flow={flow} />}
      </PageHead>
      {error && <Trouble error={error} onRetry={() => void refetch()} />}
      {!flow && !error && <Loading />}
      {flow && <Flow flow={flow} />}
    </>
  );
}

function Flow({ flow }: { flow: WorkflowGraph }) {
  const [chosen, setChosen] = useState<string>();
  const plan = useIsNarrow() ? DOWN : ACROSS;
  const shape = JSON.stringify([flow.nodes.map(({ name }) => name), flow.edges]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: states change each second, the shape does not
  const drawing = useMemo(() => {
    const { boxes, links } = fold(flow.nodes, flow.edges, plan.apart);
    const layout = layOut({ boxes, links }, new Set(), plan);
    return { boxes: inOrder(boxes, layout, plan), links };
  }, [shape, plan]);
  const tasks = new Map(flow.nodes.map((task) => [task.name, task]));
  const of = (box: Box) => worstFirst(box.tasks.flatMap((name) => tasks.get(name) ?? []));
  const group = drawing.boxes.find(
    ({ id, tasks }) => tasks.length > 1 && (id === chosen || tasks.includes(chosen ?? "")),
  );
  const task = tasks.get(chosen ?? "");
  const choice = task ? [task] : group && of(group);
  return (
    <>
      <CountsBar counts={flow.counts} />
      <Card title="Graph" aside={!choice && "Choose a task to rerun from it"} flush>
        <Graph
          key={String(plan.down)}
          flow={flow}
          drawing={drawing}
          plan={plan}
          chosen={chosen}
          onChoose={setChosen}
        />
        {choice && <Choice flow={flow} tasks={choice} onClose={() => setChosen(undefined)} />}
      </Card>
      <TaskList
        key={group?.id ?? ""}
        flow={flow}
        tasks={group ? of(group) : drawing.boxes.flatMap(of)}
        chosen={chosen}
      />
    </>
  );
}

function Actions({ flow }: { flow: WorkflowGraph }) {
  const path = workflowPath(flow.pool, flow.id);
  const cancel = useAct(`${path}/cancel`, "The workflow is cancelled");
  const retry = useAct(`${path}/retry`, "What failed runs again");
  const { counts } = flow;
  const alive = (counts.open ?? 0) > 0;
  const bad = (counts.failed ?? 0) + (counts.dead ?? 0) + (counts.cancelled ?? 0) > 0;
  return (
    <>
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
