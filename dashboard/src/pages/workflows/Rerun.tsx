import { RotateCcw } from "lucide-react";
import { useAct } from "../../api/actions";
import type { State, WorkflowGraph, WorkflowNode } from "../../api/types";
import { workflowPath } from "../../api/workflows";
import { Button } from "../../components/Button";
import { Confirm } from "../../components/Confirm";

const ENDED: State[] = ["succeeded", "failed", "dead", "cancelled"];

interface Props {
  flow: WorkflowGraph;
  node: WorkflowNode;
  label: string;
}

/** Run a node again that has ended, and all that hangs on it. */
export function Rerun({ flow, node, label }: Props) {
  const path = `${workflowPath(flow.pool, flow.id)}/rerun`;
  const rerun = useAct<{ node: string }>(path, "The workflow runs again from that task");
  if (!node.state || !ENDED.includes(node.state)) return null;
  return (
    <Confirm
      trigger={<Button icon={RotateCcw}>{label}</Button>}
      title="Rerun from this task?"
      action="Rerun"
      look="primary"
      onConfirm={() => rerun.mutate({ node: node.name })}
    >
      <p>
        <code>{node.name}</code> and everything that comes after it runs again; what came before
        keeps its results.
      </p>
    </Confirm>
  );
}
