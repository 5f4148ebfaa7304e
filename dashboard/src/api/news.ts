import type { QueryClient, QueryKey } from "@tanstack/react-query";
import { setServerTime } from "../lib/now";
import { changedTask, changedWorkflow } from "./changes";
import type { Instances } from "./instances";
import type {
  Counts,
  Explanation,
  Overview,
  Schedule,
  Task,
  TaskChange,
  WorkflowChange,
  WorkflowGraph,
} from "./types";
import type { Workflows } from "./workflows";

/** What the events of the coordinator's stream carry, by their names. */
export interface Documents {
  overview: Overview;
  instances: Instances;
  task: Task;
  "task.changed": TaskChange;
  explanation: Explanation & { pool: string; id: string };
  workflow: WorkflowGraph;
  "workflow.changed": WorkflowChange;
  workflows: Workflows;
  schedules: { schedules: Schedule[] };
  tasks: { counts: Counts; totals: Record<string, number> };
}

/** Brings what the stream tells into the cache of queries, where the pages find it. */
export class News {
  private asked = new Map<string, { again: boolean }>();
  private ended = new Map<string, string>();
  /** What was told whole, as it has become by what was told of it since. */
  private told = new Map<string, unknown>();

  constructor(private client: QueryClient) {}

  async take<Name extends keyof Documents>(name: Name, told: Documents[Name]): Promise<void> {
    await this.takers[name](told);
  }

  private takers: { [Name in keyof Documents]: (told: Documents[Name]) => Promise<void> } = {
    overview: (told) => {
      setServerTime(told.now);
      return this.put(["overview"], told);
    },
    instances: (told) => this.put(["instances"], told),
    task: (told) => this.begin(["task", told.pool, told.id], told),
    "task.changed": (told) =>
      this.change<Task>(["task", told.pool, told.id], (task) => changedTask(task, told)),
    explanation: (told) => this.put(["explanation", told.pool, told.id, told.state], told),
    workflow: (told) => this.begin(["workflow", told.pool, told.id], told),
    "workflow.changed": (told) =>
      this.change<WorkflowGraph>(["workflow", told.pool, told.id], (flow) =>
        changedWorkflow(flow, told),
      ),
    workflows: (told) => this.firstPage(told),
    schedules: (told) => this.put(["schedules"], told.schedules),
    tasks: async ({ counts, totals }) => {
      await Promise.all([
        this.ask(["tasks"]),
        ...(["failed", "dead"] as const).map((state) => {
          const stand = `${counts[state]} ${totals[state]}`;
          if (this.ended.get(state) === stand) return undefined;
          this.ended.set(state, stand);
          return this.ask(["ended", state]);
        }),
      ]);
    },
  };

  /** Forget what was told: whoever listens anew is told the whole again. */
  forget(): void {
    this.told.clear();
  }

  /** The whole, of which only changes are told from now on. */
  private begin(key: QueryKey, told: unknown): Promise<void> {
    this.told.set(JSON.stringify(key), told);
    return this.put(key, told);
  }

  /** A change builds on what was told, not on what was answered meanwhile, which may be newer. */
  private async change<Told>(key: QueryKey, changed: (told: Told) => Told): Promise<void> {
    const name = JSON.stringify(key);
    const before = this.told.get(name) as Told | undefined;
    if (before === undefined) return this.ask(key);
    const now = changed(before);
    this.told.set(name, now);
    await this.put(key, now);
  }

  /** What was pushed is newer than the answer that is still on its way. */
  private async put(key: QueryKey, told: unknown): Promise<void> {
    await this.client.cancelQueries({ queryKey: key, exact: true });
    this.client.setQueryData(key, told);
  }

  /** The first page of the list of workflows; what stands behind it is asked for anew. */
  private async firstPage(told: Workflows): Promise<void> {
    const key = ["workflows"];
    const pages = this.client.getQueryData<{ pages: Workflows[] }>(key)?.pages.length ?? 0;
    if (pages > 1) return this.ask(key);
    await this.put(key, { pages: [told], pageParams: [""] });
  }

  /**
   * Ask anew for all that a page shows under a key. One question at a time: news in between makes
   * one more, so that an answer is shown before the next question however fast news comes.
   */
  private async ask(key: QueryKey): Promise<void> {
    const name = JSON.stringify(key);
    const underWay = this.asked.get(name);
    if (underWay) {
      underWay.again = true;
      return;
    }
    const asked = { again: true };
    this.asked.set(name, asked);
    while (asked.again) {
      // A question that was asked before this news may have been answered before it, too.
      asked.again = this.client.isFetching({ queryKey: key, type: "active" }) > 0;
      await this.client.invalidateQueries({ queryKey: key }, { cancelRefetch: false });
    }
    this.asked.delete(name);
  }
}
