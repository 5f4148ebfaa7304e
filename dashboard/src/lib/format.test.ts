import { expect, test } from "vitest";
import { brief, bytes, count, distance, moment, planned, plural, span } from "./format";

test("numbers are grouped, and shortened only where they are long", () => {
  expect(count(1234567)).toBe("1,234,567");
  expect(brief(9999)).toBe("9,999");
  expect(brief(1234567)).toBe("1.2M");
  expect(plural(1, "task")).toBe("1 task");
  expect(plural(2000, "task")).toBe("2,000 tasks");
});

test.each([
  [0, "0 ms"],
  [0.4, "< 1 ms"],
  [12, "12 ms"],
  [1500, "1.5 s"],
  [59_499, "59 s"],
  [59_500, "1 min"],
  [90_500, "1 min 31 s"],
  [3_600_000, "1 h"],
  [93_600_000, "1 d 2 h"],
])("a span of %d ms is %s", (ms, text) => {
  expect(span(ms)).toBe(text);
});

test("distances say which way", () => {
  expect(distance(500)).toBe("now");
  expect(distance(61_000)).toBe("1 min ago");
  expect(distance(-7_200_000)).toBe("in 2 h");
});

test("sizes are in units of a thousand", () => {
  expect(bytes(999)).toBe("999 B");
  expect(bytes(1536)).toBe("1.5 kB");
  expect(bytes(25_000_000)).toBe("25 MB");
});

test("a moment says its day and its year where they are others than now's", () => {
  const now = new Date(2030, 0, 31, 12, 0, 0);
  expect(moment(new Date(2030, 0, 31, 7, 5, 9), now)).toBe("07:05:09");
  expect(moment(new Date(2030, 1, 1, 7, 0, 0), now)).toBe("1 Feb 07:00:00");
  expect(moment(new Date(2031, 1, 1, 7, 0, 0), now)).toBe("1 Feb 2031 07:00:00");
});

test("what is planned says its seconds where there are any", () => {
  const now = new Date(2030, 0, 31, 12, 0, 0);
  expect(planned(new Date(2030, 1, 1, 7, 0, 0), now)).toBe("1 Feb 07:00");
  expect(planned(new Date(2030, 0, 31, 12, 0, 10), now)).toBe("12:00:10");
});
