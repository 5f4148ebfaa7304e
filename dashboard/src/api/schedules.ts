import { useQuery } from "@tanstack/react-query";
import { get } from "./client";
import { pollEvery, useLive } from "./live";
import type { Schedule } from "./types";

/** All schedules by name, always current. */
export function useSchedules() {
  const line = useLive("schedules");
  return useQuery({
    queryKey: ["schedules"],
    queryFn: async ({ signal }) => {
      const { schedules } = await get<{ schedules: Schedule[] }>("api/schedules", {}, signal);
      return schedules;
    },
    refetchInterval: pollEvery(line),
  });
}
