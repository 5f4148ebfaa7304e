import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { get } from "./client";
import { pollEvery, useLive } from "./live";
import type { Workflow, WorkflowGraph } from "./types";

/** A page of the list of workflows. */
export interface Workflows {
  workflows: Workflow[];
  next: string | null;
}

/** The workflows, newest first, page by page. */
export function useWorkflows() {
  const line = useLive("workflows");
  return useInfiniteQuery({
    queryKey: ["workflows"],
    queryFn: ({ pageParam, signal }) =>
      get<Workflows>("api/workflows", { cursor: pageParam }, signal),
    initialPageParam: "",
    getNextPageParam: ({ next }) => next,
    refetchInterval: pollEvery(line),
  });
}

/** A workflow with its tasks and what they wait for. */
export function useWorkflow(pool: string, id: string) {
  const line = useLive(`workflow:${pool}/${id}`);
  return useQuery({
    queryKey: ["workflow", pool, id],
    queryFn: ({ signal }) => get<WorkflowGraph>(workflowPath(pool, id), {}, signal),
    refetchInterval: pollEvery(line),
  });
}

export function workflowPath(pool: string, id: string): string {
  return `api/workflows/${encodeURIComponent(pool)}/${encodeURIComponent(id)}`;
}
