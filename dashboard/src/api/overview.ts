import { useQuery } from "@tanstack/react-query";
import { setServerTime } from "../lib/now";
import { get } from "./client";
import { pollEvery, useLive } from "./live";
import type { Minute, Overview, PoolJob } from "./types";

/** The numbers of the whole cluster, always current. */
export function useOverview() {
  const line = useLive("overview");
  return useQuery({
    queryKey: ["overview"],
    queryFn: async ({ signal }) => {
      const overview = await get<Overview>("api/overview", {}, signal);
      setServerTime(overview.now);
      return overview;
    },
    refetchInterval: pollEvery(line),
  });
}

/** The jobs of a pool, by name; nothing where they cannot be had, since names can be typed as well. */
export function usePoolJobs(pool: string): PoolJob[] {
  const { data } = useQuery({
    // Below the overview, so that what makes that anew makes this anew.
    queryKey: ["overview", "jobs", pool],
    queryFn: async ({ signal }) => {
      const path = `api/pools/${encodeURIComponent(pool)}/jobs`;
      return (await get<{ jobs: PoolJob[] }>(path, {}, signal)).jobs;
    },
    refetchInterval: 2_000,
  });
  return data ?? [];
}

/** What was done in each of the last minutes, oldest first. */
export function useTimeline(minutes: number) {
  return useQuery({
    queryKey: ["timeline", minutes],
    queryFn: async ({ signal }) => {
      const { minutes: found } = await get<{ minutes: Minute[] }>(
        "api/timeline",
        { minutes },
        signal,
      );
      return found;
    },
    refetchInterval: 10_000,
  });
}
