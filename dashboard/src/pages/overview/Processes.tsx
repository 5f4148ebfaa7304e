import { Link } from "@tanstack/react-router";
import { ServerOff } from "lucide-react";
import { useInstances } from "../../api/instances";
import type { Overview, Worker } from "../../api/types";
import { Card } from "../../components/Card";
import { Empty } from "../../components/Empty";
import { When } from "../../components/When";
import { bytes, plural } from "../../lib/format";
import styles from "./Processes.module.css";

/** The programs that live: workers, coordinators, Redis. */
export function Processes({ overview }: { overview: Overview | undefined }) {
  const { data } = useInstances();
  return (
    <Card title="Workers and coordinators" flush aside={overview && redis(overview)}>
      {data?.workers.length === 0 && (
        <Empty icon={ServerOff} title="No worker is running">
          <p>
            Tasks queue until one does: <code>skedulr worker MODULE:APP</code>
          </p>
        </Empty>
      )}
      <ul className={styles.list}>
        {data?.workers.map((worker) => (
          <li key={worker.name} className={styles.process}>
            <span className={styles.name}>{worker.name}</span>
            <span className={styles.state}>{load(worker)}</span>
            <span className={styles.about}>
              worker, {plural(worker.children.length, "process", "processes")}, since{" "}
              <When at={worker.started_at} exact />
            </span>
            <span className={styles.about}>{use(worker)}</span>
            {stalled(worker) > 0 && (
              <span className={styles.stalled}>
                {stalled(worker)} stalled: user code holds the process, and it gets no more tasks
                {blockers(worker).map((name) => (
                  <Blocker key={name} name={name} />
                ))}
              </span>
            )}
          </li>
        ))}
        {data?.coordinators.map((coordinator) => (
          <li key={coordinator.name} className={styles.process}>
            <span className={styles.name}>{coordinator.name}</span>
            <span className={styles.state}>version {coordinator.version}</span>
            <span className={styles.about}>
              coordinator, since <When at={coordinator.started_at} exact />
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** The task that holds a process up, `pool/id`. */
function Blocker({ name }: { name: string }) {
  const [pool = "", id = ""] = name.split("/", 2);
  return (
    <>
      {": "}
      <Link to="/tasks/$pool/$id" params={{ pool, id }}>
        {name}
      </Link>
    </>
  );
}

function load(worker: Worker): string {
  const pools = Object.values(worker.pools);
  const slots = pools.reduce((sum, pool) => sum + pool.slots, 0);
  const running = pools.reduce((sum, pool) => sum + pool.running, 0);
  return `${running} of ${plural(slots, "slot")}`;
}

function use(worker: Worker): string {
  const cpu = worker.children.reduce((sum, child) => sum + child.cpu_percent, 0);
  const memory = worker.children.reduce((sum, child) => sum + child.rss, 0);
  return `${Math.round(cpu)} % CPU, ${bytes(memory)}`;
}

function stalled(worker: Worker): number {
  return worker.children.filter(({ state }) => state === "stalled").length;
}

function blockers(worker: Worker): string[] {
  return worker.children.flatMap(({ blocked_by }) => blocked_by ?? []);
}

function redis({ redis: { version, memory_bytes, max_memory_bytes } }: Overview): string {
  const most = max_memory_bytes ? ` of ${bytes(max_memory_bytes)}` : "";
  return `Redis ${version}, ${bytes(memory_bytes)}${most}`;
}
