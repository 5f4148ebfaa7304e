import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { get } from "./client";
import type { Workflow, WorkflowGraph } from "./types";

/** The workflows, newest first, page by page. */
export function useWorkflows() {
  return useInfiniteQuery({
    queryKey: ["workflows"],
    queryFn: ({ pageParam, signal }) =>
      get<{ workflows: Workflow[]; next: string | null }>(
        "api/workflows",
        { cursor: pageParam },
        signal,
      ),
    initialPageParam: "",
    getNextPageParam: ({ next }) => next,
    refetchInterval: 3_000,
  });
}

/** A workflow with its tasks and what they wait for. */
export function useWorkflow(pool: string, id: string) {
  return useQuery({
    queryKey: ["workflow", pool, id],
    queryFn: ({ signal }) => get<WorkflowGraph>(workflowPath(pool, id), {}, signal),
    refetchInterval: 1_000,
  });
}

export function workflowPath(pool: string, id: string): string {
  return `api/workflows/${encodeURIComponent(pool)}/${encodeURIComponent(id)}`;
}
