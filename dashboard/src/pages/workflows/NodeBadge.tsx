import type { WorkflowNode } from "../../api/types";
import { StateBadge } from "../../components/StateBadge";
import { standing } from "./standing";

/** How a node stands: the state of its task, where it has one and was needed. */
export function NodeBadge({ node }: { node: WorkflowNode }) {
  return node.state && !node.skipped ? (
    <StateBadge state={node.state} />
  ) : (
    <span>{standing(node)}</span>
  );
}
