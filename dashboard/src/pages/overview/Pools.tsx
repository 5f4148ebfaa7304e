import { Link } from "@tanstack/react-router";
import { Layers } from "lucide-react";
import { useMemo, useState } from "react";
import type { Pool } from "../../api/types";
import { Card } from "../../components/Card";
import { type Columns, DataTable } from "../../components/DataTable";
import { Empty } from "../../components/Empty";
import { Meter } from "../../components/Meter";
import { SearchField } from "../../components/SearchField";
import { brief, plural } from "../../lib/format";
import { JobLimits } from "./JobLimits";
import { PoolActions, Scale } from "./PoolActions";
import styles from "./Pools.module.css";

/** As many as a person finds one among without searching. */
const SEARCH_FROM = 12;
const NONE: Row[] = [];

interface Props {
  pools: Pool[] | undefined;
  /** Whether everything is paused. */
  isHeld: boolean;
}

interface Row extends Pool {
  isHeld: boolean;
  onLimits: () => void;
}

/** Every pool: how much of it is used, and what can be done with it. */
export function Pools({ pools, isHeld }: Props) {
  const [wanted, setWanted] = useState("");
  // One dialog for all, since there may be hundreds of pools.
  const [limited, setLimited] = useState<string>();
  const limitedPool = pools?.find(({ name }) => name === limited);
  const all = useMemo(
    () =>
      pools?.map((pool) => ({ ...pool, isHeld, onLimits: () => setLimited(pool.name) })) ?? NONE,
    [pools, isHeld],
  );
  const shown = wanted ? all.filter(({ name }) => name.includes(wanted)) : all;
  return (
    <Card
      title="Pools"
      flush
      aside={
        all.length > SEARCH_FROM ? (
          <SearchField label="Search pools" value={wanted} onChange={setWanted} />
        ) : (
          pools && plural(all.length, "pool")
        )
      }
    >
      {pools && all.length === 0 ? (
        <Empty icon={Layers} title="There is no pool yet">
          <p>
            A pool appears with its first task or worker. Start a worker:{" "}
            <code>skedulr worker MODULE:APP</code>
          </p>
        </Empty>
      ) : wanted && shown.length === 0 ? (
        <Empty icon={Layers} title={`No pool has “${wanted}” in its name`} />
      ) : (
        <div className={all.length > SEARCH_FROM ? styles.many : undefined}>
          <DataTable
            caption="Pools"
            columns={COLUMNS}
            rows={shown}
            rowId={(pool) => pool.name}
            initialSorting={[{ id: "name", desc: false }]}
          />
        </div>
      )}
      {limitedPool && <JobLimits pool={limitedPool} onClose={() => setLimited(undefined)} />}
    </Card>
  );
}

const number = (state: keyof Pool["counts"], header: string): Columns<Row>[number] => ({
  id: state,
  header,
  accessorFn: (pool) => pool.counts[state],
  enableSorting: true,
  sortDescFirst: true,
  look: { align: "end", label: header },
  cell: ({ row: { original: pool } }) =>
    pool.counts[state] ? (
      <Link to="/tasks" search={{ state, pool: pool.name }} className={styles.number}>
        {brief(pool.counts[state])}
      </Link>
    ) : (
      <span className={styles.zero}>0</span>
    ),
});

const COLUMNS: Columns<Row> = [
  {
    id: "name",
    header: "Pool",
    accessorFn: (pool) => pool.name,
    enableSorting: true,
    look: { wide: true },
    cell: ({ row: { original: pool } }) => (
      <div>
        <span className={styles.name}>
          <Link to="/tasks" search={{ pool: pool.name }}>
            {pool.name}
          </Link>
          {pool.paused && <span className={styles.paused}>paused</span>}
        </span>
        <Limited pool={pool} />
      </div>
    ),
  },
  {
    id: "use",
    header: "Slots in use",
    accessorFn: (pool) => pool.counts.running,
    enableSorting: true,
    sortDescFirst: true,
    look: { wide: true },
    cell: ({ row: { original: pool } }) => <Use pool={pool} />,
  },
  number("queued", "Queued"),
  number("scheduled", "Due later"),
  number("succeeded", "Succeeded"),
  number("failed", "Failed"),
  number("dead", "Dead"),
  {
    id: "scale",
    header: "Runs at most",
    look: { shrink: true, begins: true, label: "At most" },
    cell: ({ row: { original: pool } }) => <Scale pool={pool} />,
  },
  {
    id: "actions",
    header: () => <span className="visually-hidden">Actions</span>,
    look: { shrink: true },
    cell: ({ row: { original: pool } }) => (
      <PoolActions pool={pool} isHeld={pool.isHeld} onLimits={pool.onLimits} />
    ),
  },
];

/** Jobs that run in the pool only so many times at once. */
function Limited({ pool: { job_limits } }: { pool: Pool }) {
  const words = Object.entries(job_limits)
    .map(([job, most]) => `${job} at most ${brief(most)}`)
    .sort()
    .join(", ");
  if (!words) return null;
  return (
    <span className={styles.limited} title={words}>
      {words}
    </span>
  );
}

function Use({ pool }: { pool: Pool }) {
  const most = pool.limit === null ? pool.slots : Math.min(pool.limit, pool.slots);
  const running = pool.counts.running;
  return (
    <div className={styles.use}>
      <Meter
        value={running}
        most={most}
        label={`${running} of ${most} slots of ${pool.name} in use`}
      />
      <span className={styles.of}>
        {brief(running)} of {brief(most)}
      </span>
      {pool.instances === 0 && <span className={styles.short}>no worker</span>}
      {pool.limit !== null && pool.limit > pool.slots && pool.instances > 0 && (
        <span
          className={styles.short}
          title="The live workers have fewer slots than the pool may use"
        >
          {plural(pool.slots, "slot")} for {brief(pool.limit)}
        </span>
      )}
    </div>
  );
}
