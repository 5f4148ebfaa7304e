import type { WorkflowNode } from "../../api/types";

/** How a node stands, in a word; of one that was not needed, its task is cancelled. */
export function nodeState({ state, skipped }: WorkflowNode): string {
  return skipped ? "skipped" : (state ?? "not sent");
}
