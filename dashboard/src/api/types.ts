/** The documents of the coordinator's HTTP API, as docs/http.md describes them. */
import type { Json } from "../lib/json";

export const STATES = [
  "scheduled",
  "waiting",
  "queued",
  "running",
  "succeeded",
  "failed",
  "dead",
  "cancelled",
] as const;
export type State = (typeof STATES)[number];
export type Counts = Record<State, number>;

/** Moments are ISO 8601 in UTC; null means never. */
export type Moment = string | null;

export interface Pool {
  name: string;
  paused: boolean;
  counts: Counts;
  limit: number | null;
  /** How many of a job's tasks may run at once in this pool, for jobs that have such a limit. */
  job_limits: Record<string, number>;
  max_capacity: number | null;
  instances: number;
  slots: number;
  totals: Record<string, number>;
}

export interface Overview {
  namespace: string;
  now: string;
  paused: boolean;
  counts: Counts;
  totals: Record<string, number>;
  pools: Pool[];
  workers: number;
  instances: number;
  coordinators: number;
  redis: { version: string; memory_bytes: number; max_memory_bytes: number | null };
}

export interface Minute {
  at: string;
  enqueued: number;
  started: number;
  succeeded: number;
  failed: number;
  dead: number;
  cancelled: number;
  retried: number;
  waited_ms: number;
  ran_ms: number;
}

export interface TaskRow {
  name: string;
  pool: string;
  id: string;
  job: string;
  state: State;
  priority: number;
  attempts: number;
  progress: number | null;
  enqueued_at: Moment;
  due_at: Moment;
  started_at: Moment;
  finished_at: Moment;
}

export interface TaskPage {
  tasks: TaskRow[];
  next: string | null;
  counts: Counts;
}

/** A job of a pool; null for no limit. */
export interface PoolJob {
  pool: string;
  name: string;
  /** How many of its tasks run at once, as somebody has set it or else as code says. */
  limit: number | null;
  limit_in_code: number | null;
  running: number;
}

export interface Attempt {
  /** What people call it: "Attempt 2", "Crash 1 of 3 (attempt 2)". */
  title: string;
  /** Of the attempt that it was, or crashed in. */
  number: number;
  /** Which crash of the task it was, if it was one. */
  crash: number | null;
  kind: string;
  started_at: Moment;
  ended_at: Moment;
  instance: string;
  error: string;
  traceback: string;
  /** Of a crash: how the process ended, and the last lines that it wrote. */
  cause: string | null;
  signal: string | null;
  exit_code: number | null;
  stderr: string | null;
}

export interface LogLine {
  at: Moment;
  attempt: number;
  message: string;
  facts: { [key: string]: Json };
}

export interface Relative {
  name: string;
  state: State | null;
  on?: string;
}

export interface Task {
  name: string;
  pool: string;
  id: string;
  job: string;
  state: State;
  reason: string | null;
  priority: number;
  key: string | null;
  group: string | null;
  gate: string | null;
  cancel_requested: boolean;
  enqueued_at: Moment;
  due_at: Moment;
  started_at: Moment;
  finished_at: Moment;
  expires_at: Moment;
  instance: string | null;
  timeout: number | null;
  args: Json[] | null;
  kwargs: { [key: string]: Json } | null;
  meta: { [key: string]: Json } | null;
  result: Json;
  unreadable: string | null;
  progress: { percent: number; message: string; at: Moment } | null;
  attempts: number;
  crashes: number;
  losses: number;
  failed_attempts: Attempt[];
  log: LogLine[];
  lineage?: {
    parents: Relative[];
    children: Relative[];
    /** Of which some may not be told of. */
    children_count: number;
    workflow: string | null;
    schedule: string | null;
  };
}

/** What has changed of a task since it was told last. */
export interface TaskChange {
  pool: string;
  id: string;
  changed: Partial<Task>;
  log?: { dropped: number; added: LogLine[] };
}

export interface Explanation {
  state: State;
  running: boolean;
  reasons: { code: string; message: string; hint: string | null }[];
  position: number | null;
  estimate_s: number | null;
}

/** An endless loop of a process: what it does, how it is, when it came round last. */
export interface Loop {
  name: string;
  state: string;
  last_at: Moment;
}

/** What a worker says of itself, every few seconds, and at once when something goes wrong. */
export interface Worker {
  name: string;
  host: string;
  pid: number;
  version: string;
  started_at: Moment;
  reported_at: Moment;
  pools: Record<string, { slots: number; running: number }>;
  children: {
    number: number;
    pid: number;
    state: string;
    /** The task that holds it up, where that is known. */
    blocked_by: string | null;
    silent_s: number;
    solo: boolean;
    instance: string;
    cpu_percent: number;
    rss: number;
    loops: Loop[];
  }[];
  loops: Loop[];
}

export interface Coordinator {
  name: string;
  host: string;
  pid: number;
  version: string;
  started_at: Moment;
  loops: Loop[];
}

export interface Workflow {
  name: string;
  pool: string;
  id: string;
  /** What its author calls it. */
  title: string;
  state: string;
  /** How many nodes are open, and how the others ended. */
  counts: Partial<
    Record<"open" | "succeeded" | "failed" | "dead" | "cancelled" | "skipped", number>
  >;
  created_at: Moment;
  finished_at: Moment;
}

export interface WorkflowNode {
  name: string;
  pool: string;
  id: string;
  job: string;
  /** None where it was never submitted. */
  state: State | null;
  skipped: boolean;
  title: string;
}

export interface WorkflowEdge {
  from: string;
  to: string;
  on: "success" | "failure" | "end";
}

export interface WorkflowGraph extends Workflow {
  nodes: WorkflowNode[];
  edges: WorkflowEdge[];
}

/** What has changed of a workflow since it was told last. */
export interface WorkflowChange {
  pool: string;
  id: string;
  changed: Partial<WorkflowGraph>;
  nodes?: WorkflowNode[];
}

export interface Schedule {
  name: string;
  pool: string;
  job: string;
  kind: string;
  spec: string;
  timezone: string | null;
  words: string;
  next_at: Moment;
  next: string[];
  paused: boolean;
  declared: boolean;
  orphaned: boolean;
  overlap: string;
  catch_up: string;
  /** Why it cannot run, where it cannot. */
  problem: string | null;
  last_run: Moment;
}

/** What came of an action on many tasks. */
export interface Outcome {
  matched: number;
  done: number;
  /** Some of those that were refused, and why. */
  refused: { name: string; reason: string }[];
  refused_count: number;
  more: boolean;
  next: string | null;
}
