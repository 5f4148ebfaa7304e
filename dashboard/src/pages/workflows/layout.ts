import dagre from "@dagrejs/dagre";
import type { Apart, Box, Drawing } from "./fold";

export interface Size {
  width: number;
  height: number;
}

export interface Place extends Size {
  x: number;
  y: number;
}

/** How a graph is laid out: across a wide page, down a narrow one; all sizes in pixels. */
export interface Plan {
  down: boolean;
  task: Size;
  group: Size;
  /** A task within a group that is open. */
  member: Size;
  columns: number;
  apart: Apart;
}

export const ACROSS: Plan = {
  down: false,
  task: { width: 200, height: 56 },
  group: { width: 230, height: 92 },
  member: { width: 176, height: 36 },
  columns: 4,
  apart: { alike: 6, different: 9 },
};

export const DOWN: Plan = {
  down: true,
  task: { width: 134, height: 60 },
  group: { width: 210, height: 92 },
  member: { width: 150, height: 36 },
  columns: 2,
  apart: { alike: 2, different: 3 },
};

/** Tasks of a group that an open one shows. */
export const MEMBERS = 48;
/** Between the tasks of an open group, and around them. */
const GAP = 8;
/** The height of the title of an open group, and of what it says below its tasks. */
const TITLE = 44;
const REST = 28;

export interface Layout extends Size {
  places: Map<string, Place>;
}

/** Where each box stands, what it waits for before it. */
export function layOut({ boxes, links }: Drawing, opened: Set<string>, plan: Plan): Layout {
  const graph = new dagre.graphlib.Graph();
  const isWordy = links.some(({ on }) => on !== "success");
  graph.setGraph({
    rankdir: plan.down ? "TB" : "LR",
    nodesep: plan.down ? 10 : 18,
    ranksep: plan.down ? (isWordy ? 60 : 44) : isWordy ? 120 : 64,
    marginx: plan.down ? 4 : 12,
    marginy: 12,
  });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const box of boxes) graph.setNode(box.id, sizeOf(box, opened.has(box.id), plan));
  for (const { from, to } of links) graph.setEdge(from, to);
  dagre.layout(graph);
  const places = new Map<string, Place>();
  for (const { id } of boxes) {
    const { x, y, width, height } = graph.node(id);
    places.set(id, { x: x - width / 2, y: y - height / 2, width, height });
  }
  const { width = 0, height = 0 } = graph.graph();
  return { places, width, height };
}

function sizeOf(box: Box, isOpen: boolean, plan: Plan): Size {
  if (box.tasks.length === 1) return { ...plan.task };
  if (!isOpen) return { ...plan.group };
  const shown = Math.min(box.tasks.length, MEMBERS);
  const columns = columnsOf(shown, plan);
  const rest = box.tasks.length > shown ? REST : 0;
  return {
    width: GAP + columns * (plan.member.width + GAP),
    height: TITLE + Math.ceil(shown / columns) * (plan.member.height + GAP) + GAP + rest,
  };
}

/** Where the tasks of an open group stand in it. */
export function inside(number: number, plan: Plan): Place[] {
  const columns = columnsOf(number, plan);
  return Array.from({ length: number }, (_, index) => ({
    ...plan.member,
    x: GAP + (index % columns) * (plan.member.width + GAP),
    y: TITLE + Math.floor(index / columns) * (plan.member.height + GAP),
  }));
}

function columnsOf(number: number, { columns }: Plan): number {
  return Math.max(Math.min(columns, Math.ceil(number / 3)), Math.min(2, number));
}

/** The boxes in the order in which one reads the graph. */
export function inOrder(boxes: Box[], { places }: Layout, { down }: Plan): Box[] {
  const at = ({ id }: Box): [number, number] => {
    const { x, y } = places.get(id) ?? { x: 0, y: 0 };
    return down ? [y, x] : [x, y];
  };
  return [...boxes].sort((one, other) => at(one)[0] - at(other)[0] || at(one)[1] - at(other)[1]);
}
