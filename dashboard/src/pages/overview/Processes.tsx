import { Link } from "@tanstack/react-router";
import { ServerOff } from "lucide-react";
import { useInstances } from "../../api/instances";
import type { Overview, Worker } from "../../api/types";
import { Card } from "../../components/Card";
import { Empty } from "../../components/Empty";
import { When } from "../../components/When";
import { bytes, plural } from "../../lib/format";
import styles from "./Processes.module.css";
import { ofCoordinator, ofWorker, type Trouble } from "./troubles";

/** The programs that live: workers, coordinators, Redis; those with which something is wrong first. */
export function Processes({ overview }: { overview: Overview | undefined }) {
  const { data } = useInstances();
  const workers = worstFirst(data?.workers ?? [], ofWorker);
  const coordinators = worstFirst(data?.coordinators ?? [], ofCoordinator);
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
        {workers.map(([worker, troubles]) => (
          <li key={worker.name} className={styles.process}>
            <span className={styles.name}>{worker.name}</span>
            <span className={styles.state}>{load(worker)}</span>
            <span className={styles.about}>
              worker, {plural(worker.children.length, "process", "processes")}, since{" "}
              <When at={worker.started_at} exact />
            </span>
            <span className={styles.about}>{use(worker)}</span>
            <Troubles of={troubles} />
          </li>
        ))}
        {coordinators.map(([coordinator, troubles]) => (
          <li key={coordinator.name} className={styles.process}>
            <span className={styles.name}>{coordinator.name}</span>
            <span className={styles.state}>version {coordinator.version}</span>
            <span className={styles.about}>
              coordinator, since <When at={coordinator.started_at} exact />
            </span>
            <Troubles of={troubles} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Troubles({ of }: { of: Trouble[] }) {
  if (of.length === 0) return null;
  return (
    <ul className={styles.troubles} aria-label="What is wrong with it">
      {of.map(({ text, task, since }) => (
        <li key={text}>
          {text}
          {task && (
            <>
              {": "}
              <Blocker name={task} />
            </>
          )}
          {since && (
            <>
              , last round <When at={since} />
            </>
          )}
        </li>
      ))}
    </ul>
  );
}

/** The task that holds a process up, `pool/id`. */
function Blocker({ name }: { name: string }) {
  const [pool = "", id = ""] = name.split("/", 2);
  return (
    <Link to="/tasks/$pool/$id" params={{ pool, id }}>
      {name}
    </Link>
  );
}

function worstFirst<Process>(
  all: Process[],
  troubles: (process: Process) => Trouble[],
): [Process, Trouble[]][] {
  return all
    .map((each): [Process, Trouble[]] => [each, troubles(each)])
    .sort(([, one], [, other]) => Number(other.length > 0) - Number(one.length > 0));
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

function redis({ redis: { version, memory_bytes, max_memory_bytes } }: Overview): string {
  const most = max_memory_bytes ? ` of ${bytes(max_memory_bytes)}` : "";
  return `Redis ${version}, ${bytes(memory_bytes)}${most}`;
}
