const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Steps between the lines of an axis of counts: nothing is counted in halves. */
export const WHOLE = Array.from({ length: 16 }, (_, power) =>
  [1, 2, 5].map((each) => each * 10 ** power),
).flat();

/** Spans of milliseconds that people count in, each two to three times the one before. */
const FINE = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 20].map((each) => each * SECOND),
  ...[0.5, 1, 2, 5, 10, 20].map((each) => each * MINUTE),
  ...[0.5, 1, 2, 6, 12].map((each) => each * HOUR),
  ...[1, 2, 5, 10, 20, 50, 100].map((each) => each * DAY),
];

/** The same from the finest to the coarsest. */
const LADDERS = [
  FINE,
  [1, 10, 100, SECOND, 10 * SECOND, MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, DAY, 10 * DAY, 100 * DAY],
  [1, 10, 100, SECOND, MINUTE, HOUR, DAY, 10 * DAY, 100 * DAY],
  [10, SECOND, MINUTE, HOUR, DAY, 100 * DAY],
];

/**
 * From where to where an axis goes that grows by factors, so that spans of any size can be told
 * apart on it: from a span that people count in to another, around all that is shown.
 */
export function around(least: number, most: number): [number, number] {
  const from = FINE.findLast((each) => each <= least) ?? 1;
  const to = FINE.find((each) => each > Math.max(most, from)) ?? Math.max(most, from);
  return [from, to];
}

/** The spans from one to another that get a line and a label: as many as there is room for. */
export function rungs(from: number, to: number, room: number): number[] {
  const within = LADDERS.map((ladder) => ladder.filter((each) => each >= from && each <= to));
  return within.find((each) => each.length <= room) ?? within.at(-1) ?? [];
}
