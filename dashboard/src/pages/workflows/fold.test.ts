import { expect, test } from "vitest";
import type { WorkflowEdge, WorkflowNode } from "../../api/types";
import { fold } from "./fold";

const node = (name: string, job: string): WorkflowNode => ({
  name,
  pool: "default",
  id: name,
  job,
  state: "queued",
  skipped: false,
  title: job,
});
const edge = (from: string, to: string, on: WorkflowEdge["on"] = "success"): WorkflowEdge => ({
  from,
  to,
  on,
});
const many = (prefix: string, job: string, number: number) =>
  Array.from({ length: number }, (_, index) => node(`${prefix}${index}`, job));
const apart = (alike: number) => ({ alike, different: 50 });
const sizes = (boxes: { tasks: string[] }[]) => boxes.map(({ tasks }) => tasks.length).sort();

test("a wide fan-out is one box between its parent and its join", () => {
  const parts = many("p", "square", 1000);
  const nodes = [node("root", "split"), ...parts, node("join", "sum")];
  const edges = parts.flatMap(({ name }) => [edge("root", name), edge(name, "join")]);
  const { boxes, links } = fold(nodes, edges, apart(6));
  expect(sizes(boxes)).toEqual([1, 1, 1000]);
  expect(links.map(({ from, to }) => `${from} → ${to}`)).toEqual([
    "root → p0 and others",
    "p0 and others → join",
  ]);
});

test("tasks of a box are in the order of their names, however they come", () => {
  const { boxes } = fold(
    [3, 1, 2].map((number) => node(`n${number}`, "work")),
    [],
    apart(2),
  );
  expect(boxes[0]?.tasks).toEqual(["n1", "n2", "n3"]);
});

test("few tasks stand each for itself", () => {
  const nodes = [node("root", "split"), ...many("p", "square", 6)];
  const edges = nodes.slice(1).map(({ name }) => edge("root", name));
  expect(sizes(fold(nodes, edges, apart(6)).boxes)).toEqual([1, 1, 1, 1, 1, 1, 1]);
});

test("chains side by side fold step by step, apart from those that lead elsewhere", () => {
  const first = many("a", "fetch", 20);
  const second = many("b", "store", 20);
  const nodes = [...first, ...second, node("alarm", "alarm")];
  const edges = first.map(({ name }, index) => edge(name, `b${index}`));
  for (let index = 0; index < 8; index += 1) edges.push(edge(`b${index}`, "alarm", "failure"));
  expect(sizes(fold(nodes, edges, apart(6)).boxes)).toEqual([1, 12, 12, 8, 8]);
});

test("tasks of one job that wait for each other are not one box", () => {
  const nodes = many("n", "step", 30);
  const edges = nodes.slice(1).map(({ name }, index) => edge(`n${index}`, name));
  const { boxes, links } = fold(nodes, edges, apart(2));
  expect(boxes).toHaveLength(30);
  expect(links.filter(({ from, to }) => from === to)).toEqual([]);
});

test("a line to a task outside the workflow is left out", () => {
  const { boxes, links } = fold([node("a", "work")], [edge("elsewhere", "a")], apart(6));
  expect(boxes).toEqual([{ id: "a", tasks: ["a"] }]);
  expect(links).toEqual([]);
});

/** Jobs of their own side by side, between a task that is first and one that is last. */
const loads = (number: number, prefix = "l") =>
  Array.from({ length: number }, (_, index) => node(`${prefix}${index}`, `load ${prefix}${index}`));
const around = (tasks: WorkflowNode[]) => {
  const nodes = [node("root", "split"), ...tasks, node("zend", "sum")];
  const edges = tasks.flatMap(({ name }) => [edge("root", name), edge(name, "zend")]);
  return { nodes, edges };
};

test("many different jobs side by side are one box, few stand each for itself", () => {
  const wide = around(loads(11));
  const drawing = fold(wide.nodes, wide.edges, { alike: 6, different: 10 });
  expect(sizes(drawing.boxes)).toEqual([1, 1, 11]);
  expect(drawing.links).toHaveLength(2);
  const narrow = around(loads(10));
  expect(fold(narrow.nodes, narrow.edges, { alike: 6, different: 10 }).boxes).toHaveLength(12);
});

test("many boxes of a job each are one, with all their tasks", () => {
  const wide = around(loads(5).flatMap(({ name, job }) => many(name, job, 10)));
  expect(sizes(fold(wide.nodes, wide.edges, { alike: 6, different: 4 }).boxes)).toEqual([1, 1, 50]);
  expect(fold(wide.nodes, wide.edges, { alike: 6, different: 5 }).boxes).toHaveLength(7);
});

test("different chains side by side fold step by step", () => {
  const nodes = [...loads(12, "a"), ...loads(12, "b")];
  const edges = Array.from({ length: 12 }, (_, index) => edge(`a${index}`, `b${index}`));
  const { boxes, links } = fold(nodes, edges, { alike: 6, different: 10 });
  expect(sizes(boxes)).toEqual([12, 12]);
  expect(links).toHaveLength(1);
});

test("what hangs on different tasks stays apart where these do", () => {
  const nodes = [node("r0", "one"), node("r1", "other"), ...loads(12), ...loads(12, "m")];
  const edges = nodes.slice(2).map(({ name }) => edge(name.startsWith("l") ? "r0" : "r1", name));
  const { boxes, links } = fold(nodes, edges, { alike: 6, different: 10 });
  expect(sizes(boxes)).toEqual([1, 1, 12, 12]);
  expect(links.map(({ from, to }) => `${from} → ${to}`)).toEqual([
    "r0 → l0 and others",
    "r1 → m0 and others",
  ]);
});
