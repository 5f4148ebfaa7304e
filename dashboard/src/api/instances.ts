import { useQuery } from "@tanstack/react-query";
import { get } from "./client";
import { pollEvery, useLive } from "./live";
import type { Coordinator, Worker } from "./types";

/** The programs that live. */
export interface Instances {
  workers: Worker[];
  coordinators: Coordinator[];
}

/** What workers and coordinators report of themselves, always current. */
export function useInstances() {
  const line = useLive("instances");
  return useQuery({
    queryKey: ["instances"],
    queryFn: ({ signal }) => get<Instances>("api/instances", {}, signal),
    refetchInterval: pollEvery(line),
  });
}
