import type { State, WorkflowNode } from "../../api/types";
import { plural } from "../../lib/format";

/** How a node stands: as its task, unless that was not needed, or never submitted. */
export type Standing = State | "skipped" | "not sent";

/** What somebody should look at first comes first. */
const WORST_FIRST: Standing[] = [
  "dead",
  "failed",
  "running",
  "queued",
  "scheduled",
  "waiting",
  "not sent",
  "cancelled",
  "skipped",
  "succeeded",
];

/** How a node stands, in a word; of one that was not needed, the task is cancelled. */
export function standing({ state, skipped }: WorkflowNode): Standing {
  return skipped ? "skipped" : (state ?? "not sent");
}

/** Nodes by how they stand, the worst first; those that stand alike keep their order. */
export function worstFirst(nodes: WorkflowNode[]): WorkflowNode[] {
  const rank = (node: WorkflowNode) => WORST_FIRST.indexOf(standing(node));
  return [...nodes].sort((one, other) => rank(one) - rank(other));
}

/** How many nodes stand how, the worst first. */
export function tally(nodes: WorkflowNode[]): [Standing, number][] {
  const counts = new Map<Standing, number>();
  for (const node of nodes) {
    const found = standing(node);
    counts.set(found, (counts.get(found) ?? 0) + 1);
  }
  return WORST_FIRST.flatMap((each): [Standing, number][] => {
    const number = counts.get(each);
    return number ? [[each, number]] : [];
  });
}

/** What matters most in a workflow: what failed, else what goes on, else its beginning. */
export function mattersMost(nodes: WorkflowNode[]): WorkflowNode | undefined {
  const [worst] = worstFirst(nodes);
  return worst && WORST_FIRST.indexOf(standing(worst)) < WORST_FIRST.indexOf("cancelled")
    ? worst
    : nodes[0];
}

/** What tasks have in common: their job, or how many jobs they are of. */
export function jobsOf(tasks: WorkflowNode[]): string {
  const jobs = new Set(tasks.map(({ job }) => job));
  return jobs.size > 1 ? plural(jobs.size, "job") : (tasks[0]?.job ?? "");
}
