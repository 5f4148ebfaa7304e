import { useQuery } from "@tanstack/react-query";
import { get } from "./client";
import type { Schedule } from "./types";

/** All schedules by name. */
export function useSchedules() {
  return useQuery({
    queryKey: ["schedules"],
    queryFn: async ({ signal }) => {
      const { schedules } = await get<{ schedules: Schedule[] }>("api/schedules", {}, signal);
      return schedules;
    },
    refetchInterval: 2_000,
  });
}
