import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, expect, test, vi } from "vitest";
import { News } from "./news";
import {
  type Counts,
  type Overview,
  STATES,
  type Task,
  type WorkflowGraph,
  type WorkflowNode,
} from "./types";

/** A request whose answer comes when the test says so. */
interface Asked {
  answer: (value: unknown) => void;
  signal: AbortSignal;
}

const clients: QueryClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.clear();
});

/** A page that shows what stands under a key, and the requests that it makes. */
function shown(key: unknown[]) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  clients.push(client);
  const requests: Asked[] = [];
  const observer = new QueryObserver(client, {
    queryKey: key,
    queryFn: ({ signal }) => new Promise((answer) => requests.push({ answer, signal })),
  });
  const end = observer.subscribe(() => {});
  const data = () => observer.getCurrentResult().data;
  return { client, news: new News(client), requests, data, end };
}

function overview(paused: boolean): Overview {
  return { now: "2030-01-31T12:00:00.000Z", paused } as Overview;
}

const zero = Object.fromEntries(STATES.map((state) => [state, 0])) as Counts;
const settled = () => new Promise((resolve) => setTimeout(resolve));

test("what is pushed is shown, and an older answer on its way is not", async () => {
  const { news, requests, data } = shown(["overview"]);
  await news.take("overview", overview(true));
  expect(requests[0]?.signal.aborted).toBe(true);
  requests[0]?.answer(overview(false));
  await settled();
  expect(data()).toEqual(overview(true));
});

test("of two pushes the newer is shown", async () => {
  const { news, data } = shown(["overview"]);
  await Promise.all([
    news.take("overview", overview(false)),
    news.take("overview", overview(true)),
  ]);
  expect(data()).toEqual(overview(true));
});

test("news about a list ends no request under way, and asks once more however much comes", async () => {
  const { news, requests, data } = shown(["tasks", { state: "queued" }]);
  for (let number = 0; number < 5; number += 1) {
    void news.take("tasks", { counts: zero, totals: {} });
    await settled();
  }
  expect(requests).toHaveLength(1);
  expect(requests[0]?.signal.aborted).toBe(false);
  requests[0]?.answer("first");
  await vi.waitFor(() => expect(requests).toHaveLength(2));
  expect(data()).toBe("first");
  requests[1]?.answer("second");
  await settled();
  expect(data()).toBe("second");
  expect(requests).toHaveLength(2);
});

test("news about a list that is not shown asks for nothing", async () => {
  const { news, requests, end } = shown(["tasks", {}]);
  end();
  await news.take("tasks", { counts: zero, totals: {} });
  expect(requests).toHaveLength(1);
});

test("the dead are asked for anew when there are others, whatever else is done", async () => {
  const { news, requests } = shown(["ended", "dead", 6]);
  requests[0]?.answer("nobody");
  const tell = async (totals: Record<string, number>) => {
    void news.take("tasks", { counts: zero, totals });
    await settled();
  };
  await tell({ succeeded: 1 });
  requests[1]?.answer("nobody");
  await tell({ succeeded: 2 });
  expect(requests).toHaveLength(2);
  await tell({ succeeded: 2, dead: 1 });
  expect(requests).toHaveLength(3);
});

test("the first page of workflows is taken as it comes, the others are asked for", async () => {
  const { client, news, data } = shown(["workflows"]);
  const page = { workflows: [], next: null };
  await news.take("workflows", page);
  expect(data()).toEqual({ pages: [page], pageParams: [""] });
  const two = { pages: [{ ...page, next: "1.a/b" }, page], pageParams: ["", "1.a/b"] };
  client.setQueryData(["workflows"], two);
  void news.take("workflows", page);
  await settled();
  expect(data()).toEqual(two);
  expect(client.isFetching({ queryKey: ["workflows"] })).toBe(1);
});

test("changes build on what was told whole, whatever was answered meanwhile", async () => {
  const { client, news, data } = shown(["task", "mail", "t"]);
  const line = (message: string) => ({ at: null, attempt: 1, message, facts: {} });
  const names = { pool: "mail", id: "t" };
  await news.take("task", { ...names, state: "running", log: [line("a"), line("b")] } as Task);
  const answered = { ...names, state: "succeeded", log: [line("b"), line("c")] } as Task;
  client.setQueryData(["task", "mail", "t"], answered);
  await news.take("task.changed", {
    ...names,
    changed: { state: "failed" },
    log: { dropped: 1, added: [line("c")] },
  });
  expect(data()).toEqual({ ...names, state: "failed", log: [line("b"), line("c")] });
});

test("of a workflow the nodes are changed that stand otherwise", async () => {
  const { news, data } = shown(["workflow", "mail", "w"]);
  const names = { pool: "mail", id: "w" };
  const node = (name: string, state: string) => ({ name, state }) as WorkflowNode;
  const flow = { ...names, nodes: [node("a", "queued"), node("b", "waiting")] } as WorkflowGraph;
  await news.take("workflow", flow);
  await news.take("workflow.changed", { ...names, changed: {}, nodes: [node("a", "running")] });
  expect(data()).toEqual({ ...names, nodes: [node("a", "running"), node("b", "waiting")] });
});

test("a change of what was never told whole is a reason to ask", async () => {
  const { news, requests } = shown(["task", "mail", "t"]);
  requests[0]?.answer({ state: "queued" });
  await settled();
  void news.take("task.changed", { pool: "mail", id: "t", changed: { state: "failed" } });
  await settled();
  expect(requests).toHaveLength(2);
});
