import { expect, test } from "vitest";
import type { Loop, Worker } from "../../api/types";
import { ofCoordinator, ofWorker } from "./troubles";

const loop = (name: string, state: string): Loop => ({ name, state, last_at: null });

function worker(child: Partial<Worker["children"][number]>, loops: Loop[] = []): Worker {
  return {
    loops,
    children: [{ number: 2, state: "working", blocked_by: null, ...child }],
  } as Worker;
}

const texts = (found: Worker) => ofWorker(found).map(({ text }) => text);

test("of a process that works there is nothing to say", () => {
  const loops = ["starting", "working", "resting", "stopped"].map((state) => loop("claim", state));
  expect(ofWorker(worker({ loops }, loops))).toEqual([]);
});

test("a stalled process is told once, with the task that holds it", () => {
  const loops = [loop("event loop", "hanging"), loop("clock", "hanging")];
  const found = ofWorker(worker({ state: "stalled", blocked_by: "mail/t", loops }));
  expect(found).toHaveLength(1);
  expect(found[0]?.text).toContain("Process 2 is stalled");
  expect(found[0]?.task).toBe("mail/t");
});

test("a process that is blocked for some seconds names the task, too", () => {
  expect(ofWorker(worker({ blocked_by: "mail/t" }))[0]?.task).toBe("mail/t");
});

test("a loop that hangs, fails or does not reach Redis is named", () => {
  expect(texts(worker({ loops: [loop("clock", "hanging")] }, [loop("sweep", "failing")]))).toEqual([
    "Process 2: its loop “clock” hangs",
    "Its loop “sweep” fails, and is tried again",
  ]);
  const loops = [loop("triggers", "away"), loop("feed", "working")];
  expect(ofCoordinator({ loops } as Parameters<typeof ofCoordinator>[0])).toHaveLength(1);
});

test("a report of a version without loops is borne", () => {
  expect(ofWorker({ children: [{ number: 1, state: "working" }] } as unknown as Worker)).toEqual(
    [],
  );
});
