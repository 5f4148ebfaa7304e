import type { WorkflowEdge, WorkflowNode } from "../../api/types";

/** Rounds after which tasks are taken to look alike: each tells apart what stands one step further. */
const ROUNDS = 8;

/**
 * The names of tasks that look alike, in the order of the nodes: with one look by themselves, between
 * tasks that look alike in turn.
 */
export function alike(
  nodes: WorkflowNode[],
  edges: WorkflowEdge[],
  lookOf: (node: WorkflowNode) => string,
): string[][] {
  let looks = numbered(nodes, lookOf);
  let count = new Set(looks.values()).size;
  const around = neighbours(edges);
  for (let round = 0; round < ROUNDS && count < nodes.length; round += 1) {
    const before = looks;
    looks = numbered(nodes, ({ name }) => {
      const seen = (around.get(name) ?? []).map(([side, other]) => side + before.get(other));
      return [before.get(name), ...new Set(seen.sort())].join(" ");
    });
    const found = new Set(looks.values()).size;
    if (found === count) break;
    count = found;
  }
  const classes = new Map<number | undefined, string[]>();
  for (const { name } of nodes) {
    const look = looks.get(name);
    const known = classes.get(look);
    if (known) known.push(name);
    else classes.set(look, [name]);
  }
  return [...classes.values()];
}

/** A number for each look, so that looks stay short however often they are refined. */
function numbered(
  nodes: WorkflowNode[],
  lookOf: (node: WorkflowNode) => string,
): Map<string, number> {
  const numbers = new Map<string, number>();
  const found = new Map<string, number>();
  for (const node of nodes) {
    const look = lookOf(node);
    if (!numbers.has(look)) numbers.set(look, numbers.size);
    found.set(node.name, numbers.get(look) ?? 0);
  }
  return found;
}

/** What stands before and behind each task, and how they are tied. */
function neighbours(edges: WorkflowEdge[]): Map<string, [string, string][]> {
  const found = new Map<string, [string, string][]>();
  const add = (name: string, side: string, other: string) => {
    const known = found.get(name);
    if (known) known.push([side, other]);
    else found.set(name, [[side, other]]);
  };
  for (const { from, to, on } of edges) {
    add(to, `after ${on} `, from);
    add(from, `before ${on} `, to);
  }
  return found;
}

/** How many steps each task is from the beginning, on the longest way. */
export function depths(nodes: WorkflowNode[], edges: WorkflowEdge[]): Map<string, number> {
  const depth = new Map(nodes.map(({ name }) => [name, 0]));
  const open = new Map(nodes.map(({ name }) => [name, 0]));
  const children = new Map<string, string[]>();
  for (const { from, to } of edges) {
    open.set(to, (open.get(to) ?? 0) + 1);
    const known = children.get(from);
    if (known) known.push(to);
    else children.set(from, [to]);
  }
  const ready = nodes.map(({ name }) => name).filter((name) => open.get(name) === 0);
  for (const name of ready) {
    for (const child of children.get(name) ?? []) {
      depth.set(child, Math.max(depth.get(child) ?? 0, (depth.get(name) ?? 0) + 1));
      const left = (open.get(child) ?? 1) - 1;
      open.set(child, left);
      if (left === 0) ready.push(child);
    }
  }
  return depth;
}
