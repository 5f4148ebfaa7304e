import type { WorkflowNode } from "../../api/types";
import { StateBadge } from "../../components/StateBadge";
import { standing } from "./standing";

/** How a node stands; one that was not needed or never sent looks like one that is cancelled. */
export function NodeBadge({ node }: { node: WorkflowNode }) {
  const state = node.skipped ? "cancelled" : (node.state ?? "cancelled");
  return <StateBadge state={state}>{standing(node)}</StateBadge>;
}
