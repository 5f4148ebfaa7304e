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
const sizes = (boxes: { tasks: string[] }[]) => boxes.map(({ tasks }) => tasks.length).sort();

test("a wide fan-out is one box between its parent and its join", () => {
  const parts = many("p", "square", 1000);
  const nodes = [node("root", "split"), ...parts, node("join", "sum")];
  const edges = parts.flatMap(({ name }) => [edge("root", name), edge(name, "join")]);
  const { boxes, links } = fold(nodes, edges, 6);
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
    2,
  );
  expect(boxes[0]?.tasks).toEqual(["n1", "n2", "n3"]);
});

test("few tasks stand each for itself", () => {
  const nodes = [node("root", "split"), ...many("p", "square", 6)];
  const edges = nodes.slice(1).map(({ name }) => edge("root", name));
  expect(sizes(fold(nodes, edges, 6).boxes)).toEqual([1, 1, 1, 1, 1, 1, 1]);
});

test("chains side by side fold step by step, apart from those that lead elsewhere", () => {
  const first = many("a", "fetch", 20);
  const second = many("b", "store", 20);
  const nodes = [...first, ...second, node("alarm", "alarm")];
  const edges = first.map(({ name }, index) => edge(name, `b${index}`));
  for (let index = 0; index < 8; index += 1) edges.push(edge(`b${index}`, "alarm", "failure"));
  expect(sizes(fold(nodes, edges, 6).boxes)).toEqual([1, 12, 12, 8, 8]);
});

test("tasks of one job that wait for each other are not one box", () => {
  const nodes = many("n", "step", 30);
  const edges = nodes.slice(1).map(({ name }, index) => edge(`n${index}`, name));
  const { boxes, links } = fold(nodes, edges, 2);
  expect(boxes).toHaveLength(30);
  expect(links.filter(({ from, to }) => from === to)).toEqual([]);
});

test("a line to a task outside the workflow is left out", () => {
  const { boxes, links } = fold([node("a", "work")], [edge("elsewhere", "a")], 6);
  expect(boxes).toEqual([{ id: "a", tasks: ["a"] }]);
  expect(links).toEqual([]);
});
