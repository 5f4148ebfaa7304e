import { expect, test } from "vitest";
import { READABLE, viewOf } from "./view";

const WINDOW = { width: 360, height: 500 };
const place = (x: number, y: number) => ({ x, y, width: 128, height: 62 });

test("what fits stands in the middle, no larger than life", () => {
  expect(viewOf(WINDOW, { width: 160, height: 100 }, undefined)).toEqual({
    x: 100,
    y: 200,
    zoom: 1,
  });
});

test("what nearly fits is made smaller, as long as it can be read", () => {
  const { zoom } = viewOf(WINDOW, { width: 440, height: 300 }, place(0, 0));
  expect(zoom).toBeLessThan(1);
  expect(zoom).toBeGreaterThanOrEqual(READABLE);
});

test("of what does not fit, that is in sight which matters", () => {
  const matters = place(2000, 3000);
  const { x, y, zoom } = viewOf(WINDOW, { width: 4000, height: 6000 }, matters);
  expect(zoom).toBeGreaterThanOrEqual(READABLE);
  expect(matters.x * zoom + x).toBeGreaterThan(0);
  expect((matters.x + matters.width) * zoom + x).toBeLessThan(WINDOW.width);
  expect(matters.y * zoom + y).toBeGreaterThan(0);
  expect((matters.y + matters.height) * zoom + y).toBeLessThan(WINDOW.height);
});

test("its beginning is not moved away from the edge", () => {
  const { x, y } = viewOf(WINDOW, { width: 4000, height: 6000 }, place(12, 12));
  expect(x).toBeLessThan(20);
  expect(y).toBeLessThan(20);
  expect(x).toBeGreaterThanOrEqual(0);
});
