import type { WorkflowEdge, WorkflowNode } from "../../api/types";
import { alike, depths } from "./alike";

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

/** How many stand each for itself, before they are drawn as one. */
export interface Apart {
  /** Tasks of one job that look alike. */
  alike: number;
  /** Boxes that nothing but their jobs tells apart: as many as a usual screen shows side by side. */
  different: number;
}

/**
 * Tasks of a workflow that look alike, as one box where there are many: the same job, as far from the
 * beginning, between tasks that look alike in turn; where that leaves many side by side, whatever
 * their jobs. No box waits for itself.
 */
export function fold(nodes: WorkflowNode[], edges: WorkflowEdge[], apart: Apart): Drawing {
  const names = new Set(nodes.map(({ name }) => name));
  const inside = edges.filter(({ from, to }) => names.has(from) && names.has(to));
  // Redis knows no order of them; the names that skedulr gives rise with time.
  const sorted = [...nodes].sort((one, other) => (one.name < other.name ? -1 : 1));
  const boxOf = new Map<string, Box>();
  for (const tasks of folded(sorted, inside, apart)) {
    const [first = ""] = tasks;
    const box = { id: tasks.length > 1 ? `${first} and others` : first, tasks };
    for (const name of tasks) boxOf.set(name, box);
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

/** Rounds after which it is settled who stays; each reaches one step further. */
const ROUNDS = 8;

/** The names of the tasks of each box. */
function folded(nodes: WorkflowNode[], edges: WorkflowEdge[], apart: Apart): string[][] {
  const depth = depths(nodes, edges);
  const place = ({ name }: WorkflowNode) => String(depth.get(name));
  const placeAndJob = (node: WorkflowNode) => `${place(node)} ${node.pool}/${node.job}`;
  const boxes = alike(nodes, edges, placeAndJob).flatMap((names) =>
    names.length > apart.alike ? [names] : names.map((name) => [name]),
  );
  const boxOf = new Map(boxes.flatMap((names) => names.map((name) => [name, names] as const)));
  const standing = (names: string[]) => [...new Set(names.map((name) => boxOf.get(name) ?? []))];
  // Where few stand side by side they stay, and then their jobs tell apart what is around them.
  let stay = new Set<string>();
  for (let round = 1; ; round += 1) {
    const places = alike(nodes, edges, (node) =>
      stay.has(node.name) ? placeAndJob(node) : place(node),
    );
    const few = places.filter((names) => standing(names).length <= apart.different);
    const found = new Set(few.flat());
    if (found.size === stay.size || round === ROUNDS) {
      return places.flatMap((names) => (few.includes(names) ? standing(names) : [names]));
    }
    stay = found;
  }
}
