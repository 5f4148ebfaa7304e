import dagre from "@dagrejs/dagre";
import type { WorkflowEdge, WorkflowNode } from "../../api/types";

/** The size of a node on the canvas, in pixels. */
export const NODE = { width: 210, height: 58 };

export interface Place {
  x: number;
  y: number;
}

/** The nodes in the order in which one reads the graph. */
export function inOrder(nodes: WorkflowNode[], places: Map<string, Place>): WorkflowNode[] {
  const at = ({ name }: WorkflowNode) => places.get(name) ?? { x: 0, y: 0 };
  return [...nodes].sort((one, other) => at(one).x - at(other).x || at(one).y - at(other).y);
}

/** Where each node stands, parents left of their children. */
export function layOut(nodes: WorkflowNode[], edges: WorkflowEdge[]): Map<string, Place> {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({
    rankdir: "LR",
    nodesep: 18,
    ranksep: edges.some(({ on }) => on !== "success") ? 120 : 64,
    marginx: 12,
    marginy: 12,
  });
  graph.setDefaultEdgeLabel(() => ({}));
  const names = new Set(nodes.map(({ name }) => name));
  for (const name of names) graph.setNode(name, { ...NODE });
  for (const { from, to } of edges) {
    if (names.has(from) && names.has(to)) graph.setEdge(from, to);
  }
  dagre.layout(graph);
  const places = new Map<string, Place>();
  for (const name of names) {
    const { x, y } = graph.node(name);
    places.set(name, { x: x - NODE.width / 2, y: y - NODE.height / 2 });
  }
  return places;
}
