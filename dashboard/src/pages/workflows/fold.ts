import type { WorkflowEdge, WorkflowNode } from "../../api/types";

/** What is drawn as one: a task, or tasks that look alike. */
export interface Box {
  id: string;
  /** The names of its tasks. */
  tasks: string[];
}

/** What a box waits for. */
export type Link = WorkflowEdge;

export interface Drawing {
  boxes: Box[];
  links: Link[];
}

/** Rounds after which boxes are taken to look alike: each tells apart what stands one step further. */
const ROUNDS = 8;

/**
 * Tasks of a workflow that look alike, as one box where there are more than `most` of them: the same
 * job, as far from the beginning, between tasks that look alike in turn. No box waits for itself.
 */
export function fold(nodes: WorkflowNode[], edges: WorkflowEdge[], most: number): Drawing {
  const names = new Set(nodes.map(({ name }) => name));
  const inside = edges.filter(({ from, to }) => names.has(from) && names.has(to));
  const boxOf = new Map<string, Box>();
  // Redis knows no order of them; the names that skedulr gives rise with time.
  const sorted = [...nodes].sort((one, other) => (one.name < other.name ? -1 : 1));
  for (const alike of classes(sorted, inside)) {
    const [first = ""] = alike;
    if (alike.length > most) {
      const box = { id: `${first} and others`, tasks: alike };
      for (const name of alike) boxOf.set(name, box);
    } else {
      for (const name of alike) boxOf.set(name, { id: name, tasks: [name] });
    }
  }
  return { boxes: [...new Set(boxOf.values())], links: between(inside, boxOf) };
}

function between(edges: WorkflowEdge[], boxOf: Map<string, Box>): Link[] {
  const links = new Map<string, Link>();
  for (const { from, to, on } of edges) {
    const link = { from: boxOf.get(from)?.id ?? from, to: boxOf.get(to)?.id ?? to, on };
    links.set(`${link.from} ${link.to} ${on}`, link);
  }
  return [...links.values()];
}

/** The names of tasks that look alike, in the order of the nodes. */
function classes(nodes: WorkflowNode[], edges: WorkflowEdge[]): string[][] {
  const depth = depths(nodes, edges);
  let looks = numbered(nodes, ({ name, pool, job }) => `${depth.get(name)} ${pool}/${job}`);
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
  const alike = new Map<number | undefined, string[]>();
  for (const { name } of nodes) {
    const look = looks.get(name);
    const known = alike.get(look);
    if (known) known.push(name);
    else alike.set(look, [name]);
  }
  return [...alike.values()];
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
function depths(nodes: WorkflowNode[], edges: WorkflowEdge[]): Map<string, number> {
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
