import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { get, taskPath } from "./client";
import { pollEvery, useLive } from "./live";
import type { Explanation, LogLine, State, Task, TaskPage } from "./types";

/** What tasks are wanted; an empty filter wants all. */
export interface TaskFilter {
  state?: string | undefined;
  pool?: string | undefined;
  job?: string | undefined;
  q?: string | undefined;
}

/** A page of the list of tasks. */
export function useTasks(filter: TaskFilter, cursor: string | undefined, limit: number) {
  const line = useLive("tasks");
  const { state, pool, job, q } = filter;
  return useQuery({
    queryKey: ["tasks", { state, pool, job, q, cursor, limit }],
    queryFn: ({ signal }) =>
      get<TaskPage>("api/tasks", { state, pool, job, q, cursor, limit }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: (query) => pollEvery(line, untilProgress(query.state.data))(query),
  });
}

/** Milliseconds until the list is asked for how far its tasks are, which no event tells. */
function untilProgress(page: TaskPage | undefined): number {
  return page?.tasks.some(({ state }) => state === "running") ? 1_000 : 5_000;
}

/** The newest tasks that ended so: they are asked for anew only when one more has, or one less. */
export function useEnded(state: Extract<State, "failed" | "dead">, limit: number) {
  const line = useLive("tasks");
  return useQuery({
    queryKey: ["ended", state, limit],
    queryFn: ({ signal }) => get<TaskPage>("api/tasks", { state, limit }, signal),
    refetchInterval: pollEvery(line),
  });
}

/** All about one task, always current. */
export function useTask(pool: string, id: string) {
  const line = useLive(`task:${pool}/${id}`);
  return useQuery({
    queryKey: ["task", pool, id],
    queryFn: ({ signal }) => get<Task>(taskPath(pool, id), {}, signal),
    refetchInterval: pollEvery(line),
  });
}

/** Whether it is worth a word why a task stands as it does: no attempt of it says so. */
export function isExplained({ state, reason }: Task): boolean {
  if (state === "running" || state === "succeeded") return false;
  if (state === "failed" || state === "dead") return reason === "poison" || reason === "unreadable";
  return state !== "cancelled" || Boolean(reason);
}

/** Why a task does not run, or has ended as it did. */
export function useExplanation(task: Task) {
  const isWanted = isExplained(task);
  const line = useLive(isWanted ? `explanation:${task.name}` : undefined);
  return useQuery({
    queryKey: ["explanation", task.pool, task.id, task.state],
    queryFn: ({ signal }) =>
      get<Explanation>(`${taskPath(task.pool, task.id)}/explain`, {}, signal),
    enabled: isWanted,
    refetchInterval: pollEvery(line),
  });
}

export type { LogLine };
