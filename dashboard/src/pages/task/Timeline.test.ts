import { expect, test } from "vitest";
import type { Attempt, Task } from "../../api/types";
import { steps } from "./Timeline";

const at = (second: number) => `2030-01-01T00:00:${String(second).padStart(2, "0")}.000Z`;
const attempt = (number: number, ended: number): Attempt => ({
  title: `Attempt ${number}`,
  number,
  crash: null,
  kind: "exception",
  started_at: at(ended - 1),
  ended_at: at(ended),
  instance: "a",
  error: "",
  traceback: "",
  cause: null,
  signal: null,
  exit_code: null,
  stderr: null,
});
const task = (facts: Partial<Task>): Task =>
  ({ state: "queued", failed_attempts: [], enqueued_at: at(0), ...facts }) as Task;
const words = (facts: Partial<Task>) =>
  steps(task(facts), Date.parse(at(30))).map((step) => step.words);

test("a task that ran is submitted, started and ended", () => {
  expect(words({ state: "succeeded", started_at: at(2), finished_at: at(5) })).toEqual([
    "Submitted",
    "Started",
    "Succeeded",
  ]);
});

test("what a running task does comes last, with how long it has done so", () => {
  const found = steps(task({ state: "running", started_at: at(10) }), Date.parse(at(30)));
  expect(found.at(-1)).toMatchObject({ words: "Running", about: "for 20 s" });
});

test("attempts and crashes stand there as they are called elsewhere", () => {
  const crash = { title: "Crash 1 of 3 (attempt 1)", crash: 1, kind: "crash", cause: "segfault" };
  expect(
    words({
      state: "failed",
      finished_at: at(12),
      failed_attempts: [{ ...attempt(1, 5), ...crash }, attempt(1, 12)],
    }),
  ).toEqual(["Submitted", "Crash 1 of 3 (attempt 1): segfault", "Attempt 1: exception", "Failed"]);
});
