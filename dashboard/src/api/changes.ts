import type { Task, TaskChange, WorkflowChange, WorkflowGraph } from "./types";

/** The task as it is after the change. */
export function changedTask(task: Task, { changed, log }: TaskChange): Task {
  const lines = log && { log: [...task.log.slice(log.dropped), ...log.added] };
  return { ...task, ...changed, ...lines };
}

/** The workflow as it is after the change. */
export function changedWorkflow(
  flow: WorkflowGraph,
  { changed, nodes }: WorkflowChange,
): WorkflowGraph {
  const others = new Map(nodes?.map((node) => [node.name, node]));
  const now = flow.nodes.map((node) => others.get(node.name) ?? node);
  return { ...flow, nodes: now, ...changed };
}
