import { expect, test } from "vitest";
import type { WorkflowEdge, WorkflowNode } from "../../api/types";
import { inOrder, layOut } from "./layout";

const node = (name: string): WorkflowNode => ({
  name,
  pool: "default",
  id: name,
  job: "work",
  state: "queued",
  skipped: false,
  title: name,
});
const edge = (from: string, to: string): WorkflowEdge => ({ from, to, on: "success" });

test("parents stand left of their children, and no two nodes in one place", () => {
  const nodes = ["a", "b", "sum"].map(node);
  const places = layOut(nodes, [edge("a", "sum"), edge("b", "sum")]);
  const x = (name: string) => places.get(name)?.x ?? Number.NaN;
  expect(x("a")).toBeLessThan(x("sum"));
  expect(x("b")).toBeLessThan(x("sum"));
  expect(places.get("a")).not.toEqual(places.get("b"));
});

test("the list of tasks follows the graph", () => {
  const nodes = ["sum", "a"].map(node);
  const places = layOut(nodes, [edge("a", "sum")]);
  expect(inOrder(nodes, places).map(({ name }) => name)).toEqual(["a", "sum"]);
});

test("an edge to a task outside the workflow is left out", () => {
  const places = layOut([node("a")], [edge("elsewhere", "a")]);
  expect([...places.keys()]).toEqual(["a"]);
});
