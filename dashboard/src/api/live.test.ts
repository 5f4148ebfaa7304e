import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { pollEvery, Stream } from "./live";

vi.mock("../lib/base", () => ({ address: (path: string) => `http://here/${path}` }));

/** A stream of events that sends what the test says. */
class Source extends EventTarget {
  static CLOSED = 2;
  static opened: Source[] = [];
  readyState = 1;
  onopen: (() => void) | undefined;
  onerror: (() => void) | undefined;

  constructor(readonly url: string) {
    super();
    Source.opened.push(this);
  }

  tell(name: string, document: unknown = {}): void {
    this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(document) }));
  }

  close(): void {
    this.readyState = Source.CLOSED;
  }
}

const last = () => Source.opened.at(-1) as Source;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("EventSource", Source);
  vi.stubGlobal("document", Object.assign(new EventTarget(), { hidden: false }));
  Source.opened = [];
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A stream that is open and has said so. */
function open(...topics: string[]): Stream {
  const stream = new Stream(new QueryClient());
  for (const topic of topics) stream.want(topic);
  vi.advanceTimersByTime(100);
  last().onopen?.();
  return stream;
}

test("one stream brings all that is wanted", () => {
  const stream = open("overview", "task:a/b");
  expect(Source.opened).toHaveLength(1);
  expect(last().url).toMatch(/topic=overview&topic=task%3Aa%2Fb$/);
  expect(stream.line).toBe("live");
});

test("signs of life keep it believed, and silence does not", () => {
  const stream = open("overview");
  for (let sign = 0; sign < 5; sign += 1) {
    vi.advanceTimersByTime(5_000);
    last().tell("alive");
  }
  expect(stream.line).toBe("live");
  vi.advanceTimersByTime(20_000);
  expect(stream.line).toBe("polling");
  expect(Source.opened).toHaveLength(2);
});

test("that Redis does not answer is said as long as it is so", () => {
  const stream = open("overview");
  for (let second = 0; second < 30; second += 1) {
    last().tell("away");
    vi.advanceTimersByTime(1_000);
    expect(stream.line).toBe("away");
  }
  last().tell("alive");
  expect(stream.line).toBe("live");
});

test("a coordinator that refuses is asked again, and polled meanwhile", () => {
  const stream = open("overview");
  last().close();
  last().onerror?.();
  expect(stream.line).toBe("polling");
  vi.advanceTimersByTime(3_000);
  expect(Source.opened).toHaveLength(2);
});

test("a tab that nobody looks at holds no stream", () => {
  open("overview");
  Object.assign(document, { hidden: true });
  document.dispatchEvent(new Event("visibilitychange"));
  expect(last().readyState).toBe(Source.CLOSED);
});

test("questions are asked seldom while answers are pushed, unless one has failed", () => {
  const well = { state: { status: "success" } };
  const failed = { state: { status: "error" } };
  expect(pollEvery("live")(well)).toBeGreaterThan(10_000);
  expect(pollEvery("live")(failed)).toBeLessThan(5_000);
  for (const line of ["connecting", "polling", "away"] as const) {
    expect(pollEvery(line)(well)).toBeLessThan(5_000);
  }
});
