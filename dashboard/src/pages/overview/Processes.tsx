import { useQuery } from "@tanstack/react-query";
import { ServerOff } from "lucide-react";
import { get } from "../../api/client";
import type { Overview } from "../../api/types";
import { Card } from "../../components/Card";
import { Empty } from "../../components/Empty";
import { bytes, plural } from "../../lib/format";
import styles from "./Processes.module.css";

/** What a worker process says of itself; the fields that are not known here are left alone. */
export interface Report {
  instance?: string;
  name?: string;
  state?: string;
  pools?: Record<string, unknown> | string[];
  running?: number | unknown[];
  [more: string]: unknown;
}

/** The processes that live: workers, coordinators, Redis. */
export function Processes({ overview }: { overview: Overview | undefined }) {
  const { data } = useQuery({
    queryKey: ["instances"],
    queryFn: ({ signal }) =>
      get<{ workers: Report[]; coordinators: Report[] }>("api/instances", {}, signal),
    refetchInterval: 5_000,
  });
  const workers = data?.workers ?? [];
  const redis = overview?.redis;
  return (
    <Card
      title="Processes"
      flush
      aside={
        redis &&
        `Redis ${redis.version}, ${bytes(redis.memory_bytes)}${
          redis.max_memory_bytes ? ` of ${bytes(redis.max_memory_bytes)}` : ""
        }`
      }
    >
      {data && workers.length === 0 ? (
        <Empty icon={ServerOff} title="No worker is running">
          <p>
            Tasks queue until one does: <code>skedulr worker MODULE:APP</code>
          </p>
        </Empty>
      ) : (
        <ul className={styles.list}>
          {workers.map((worker) => (
            <li key={nameOf(worker)} className={styles.process}>
              <span className={styles.name}>{nameOf(worker)}</span>
              <span className={styles.state} data-look={worker.state}>
                {String(worker.state ?? "")}
              </span>
            </li>
          ))}
        </ul>
      )}
      {overview && (
        <p className={styles.foot}>
          {plural(workers.length, "worker")}, {plural(overview.coordinators, "coordinator")}
        </p>
      )}
    </Card>
  );
}

function nameOf(report: Report): string {
  return String(report.instance ?? report.name ?? "");
}
