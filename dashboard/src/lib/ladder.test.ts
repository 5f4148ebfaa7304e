import { expect, test } from "vitest";
import { span } from "./format";
import { around, rungs, WHOLE } from "./ladder";

const SECOND = 1000;
const HOUR = 3_600_000;
const labels = (from: number, to: number, room: number) => rungs(from, to, room).map(span);

test("an axis begins and ends at spans that people count in", () => {
  expect(around(7, 4 * SECOND)).toEqual([5, 5 * SECOND]);
  expect(around(30, 30)).toEqual([20, 50]);
});

test("what took no time stands at its beginning", () => {
  expect(around(0, 0)).toEqual([1, 2]);
  expect(around(0.3, 2 * HOUR)).toEqual([1, 6 * HOUR]);
});

test("what took longer than anybody counts in ends it", () => {
  expect(around(1, 1e12)).toEqual([1, 1e12]);
});

test("spans that are near each other have fine lines, distant ones as many as there is room for", () => {
  expect(labels(10, 200, 6)).toEqual(["10 ms", "20 ms", "50 ms", "100 ms", "200 ms"]);
  expect(labels(5, 5 * SECOND, 6)).toEqual(["10 ms", "100 ms", "1.0 s"]);
  expect(labels(1, 6 * HOUR, 6)).toEqual(["1 ms", "10 ms", "100 ms", "1.0 s", "1 min", "1 h"]);
  expect(labels(1, 50 * HOUR, 6)).toEqual(["10 ms", "1.0 s", "1 min", "1 h", "1 d"]);
});

test("steps between counts are whole numbers that rise, exact however large", () => {
  expect(WHOLE.slice(0, 5)).toEqual([1, 2, 5, 10, 20]);
  expect(WHOLE.every(Number.isSafeInteger)).toBe(true);
  expect(WHOLE.toSorted((one, other) => one - other)).toEqual(WHOLE);
});
