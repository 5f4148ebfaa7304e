import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { get } from "./client";
import { pollEvery, useLive } from "./live";
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
export function useWorkflow(id: string) {
  const line = useLive();
  return useQuery({
    queryKey: ["workflow", id],
    queryFn: ({ signal }) =>
      get<WorkflowGraph>(`api/workflows/${encodeURIComponent(id)}`, {}, signal),
    refetchInterval: Math.min(pollEvery(line), 1_000),
  });
}
