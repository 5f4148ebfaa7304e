import { expect, test } from "vitest";
import type { WorkflowEdge, WorkflowNode } from "../../api/types";
import { fold } from "./fold";
import { ACROSS, DOWN, inOrder, inside, layOut, MEMBERS } from "./layout";

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
const NONE = new Set<string>();
const fanIn = fold(["a", "b", "sum"].map(node), [edge("a", "sum"), edge("b", "sum")], ACROSS.apart);

test("parents stand left of their children, and no two boxes in one place", () => {
  const { places } = layOut(fanIn, NONE, ACROSS);
  const x = (name: string) => places.get(name)?.x ?? Number.NaN;
  expect(x("a")).toBeLessThan(x("sum"));
  expect(x("b")).toBeLessThan(x("sum"));
  expect(places.get("a")).not.toEqual(places.get("b"));
});

test("on a narrow page parents stand above their children", () => {
  const { places } = layOut(fanIn, NONE, DOWN);
  const y = (name: string) => places.get(name)?.y ?? Number.NaN;
  expect(y("a")).toBeLessThan(y("sum"));
  expect(y("a")).toEqual(y("b"));
});

test.each([ACROSS, DOWN])("the list of tasks follows the graph", (plan) => {
  const drawing = fold(["sum", "a"].map(node), [edge("a", "sum")], ACROSS.apart);
  const order = inOrder(drawing.boxes, layOut(drawing, NONE, plan), plan);
  expect(order.map(({ id }) => id)).toEqual(["a", "sum"]);
});

test.each([ACROSS, DOWN])("an open group has room for each of its tasks that it shows", (plan) => {
  const many = Array.from({ length: 200 }, (_, number) => node(`n${number}`));
  const drawing = fold(many, [], ACROSS.apart);
  const [group] = drawing.boxes;
  const id = group?.id ?? "";
  const frame = layOut(drawing, new Set([id]), plan).places.get(id);
  const members = inside(MEMBERS, plan);
  expect(new Set(members.map(({ x, y }) => `${x} ${y}`)).size).toBe(MEMBERS);
  for (const { x, y, width, height } of members) {
    expect(x + width).toBeLessThan(frame?.width ?? 0);
    expect(y + height).toBeLessThan(frame?.height ?? 0);
  }
});
