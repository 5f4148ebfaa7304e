import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, useSyncExternalStore } from "react";
import { address } from "../lib/base";
import { parseJson } from "../lib/json";
import { type Documents, News } from "./news";

/**
 * How news comes: pushed by the coordinator, or asked for until the stream is there again, or not at
 * all, where the coordinator says that Redis does not answer.
 */
export type Line = "connecting" | "live" | "polling" | "away";

/** Milliseconds without a sign, which comes every 5 s, after which a stream is not believed. */
const SILENT_AFTER = 12_000;
/** Milliseconds before a stream that the browser has given up is opened again. */
const AGAIN_AFTER = 3_000;
/** Milliseconds in which the wishes of a page that is just coming up are gathered. */
const GATHER = 30;
/** What the stream may bring, beside the signs whether the coordinator itself hears of anything. */
const NAMES: (keyof Documents)[] = [
  "overview",
  "tasks",
  "task",
  "task.changed",
  "explanation",
  "workflow",
  "workflow.changed",
  "workflows",
  "schedules",
  "instances",
];

/**
 * One stream of server-sent events for all that the page shows. Its documents go into the cache of
 * queries, so that no part of a page cares how they came.
 */
export class Stream {
  line: Line = "connecting";
  /** When the coordinator gave its last sign (ms since 1970), 0 for never. */
  heardAt = 0;
  private wanted = new Map<string, number>();
  private opened = "";
  private source: EventSource | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private watch: ReturnType<typeof setTimeout> | undefined;
  private listeners = new Set<() => void>();
  private news: News;

  constructor(client: QueryClient) {
    this.news = new News(client);
    // A browser keeps some six connections to a host, for all tabs together: a tab that nobody looks
    // at must not hold one.
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.rest();
      else this.soon(0);
    });
  }

  /** Ask for a topic until the returned function is called. */
  want(topic: string): () => void {
    this.wanted.set(topic, (this.wanted.get(topic) ?? 0) + 1);
    this.soon(GATHER);
    return () => {
      const left = (this.wanted.get(topic) ?? 1) - 1;
      if (left > 0) this.wanted.set(topic, left);
      else this.wanted.delete(topic);
      this.soon(GATHER);
    };
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private soon(delay: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), delay);
  }

  private rest(): void {
    clearTimeout(this.watch);
    this.source?.close();
    this.opened = "";
    this.say("connecting");
  }

  private open(): void {
    if (document.hidden) return;
    const topics = [...this.wanted.keys()].sort();
    const query = topics.map((topic) => `topic=${encodeURIComponent(topic)}`).join("&");
    if (query === this.opened && this.source?.readyState !== EventSource.CLOSED) return;
    this.source?.close();
    this.opened = query;
    this.news.forget();
    if (topics.length === 0) return;
    const source = new EventSource(address(`api/events?${query}`));
    this.source = source;
    source.onopen = () => this.heard();
    source.onerror = () => {
      this.say("polling");
      // The browser tries again by itself, unless the answer was no stream at all.
      if (source.readyState === EventSource.CLOSED) this.soon(AGAIN_AFTER);
    };
    for (const name of NAMES) {
      source.addEventListener(name, (event) => {
        this.heard();
        void this.news.take(name, parseJson(event.data) as Documents[typeof name]);
      });
    }
    source.addEventListener("alive", () => this.heard());
    source.addEventListener("away", () => this.heard("away"));
  }

  private heard(line: Line = "live"): void {
    this.heardAt = Date.now();
    this.say(line);
    clearTimeout(this.watch);
    this.watch = setTimeout(() => {
      this.say("polling");
      this.opened = "";
      this.open();
    }, SILENT_AFTER);
  }

  private say(line: Line): void {
    if (line === this.line) return;
    this.line = line;
    for (const listener of this.listeners) listener();
  }
}

let stream: Stream | undefined;

/** Have a topic pushed while the component is on the page, and know how news comes. */
export function useLive(topic?: string): Line {
  const client = useQueryClient();
  stream ??= new Stream(client);
  const [shared] = useState(stream);
  useEffect(() => (topic ? shared.want(topic) : undefined), [shared, topic]);
  return useSyncExternalStore(shared.subscribe, () => shared.line);
}

/** When the coordinator gave its last sign on the stream (ms since 1970), 0 for never. */
export function lastSign(): number {
  return stream?.heardAt ?? 0;
}

/** Milliseconds between two questions where nobody brings the answers. */
const POLL = 2_000;

/**
 * How long until a query asks again: seldom while the stream brings the answers anyway. It brings no
 * answer anew to a question that failed meanwhile, unless that has changed.
 */
export function pollEvery(line: Line, live = 30_000) {
  return ({ state }: { state: { status: string } }): number =>
    line === "live" && state.status !== "error" ? live : POLL;
}
