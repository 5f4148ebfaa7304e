import { Link, useSearch } from "@tanstack/react-router";
import { CalendarClock, Pause, Play, Trash2, Zap } from "lucide-react";
import { useState } from "react";
import { useAct } from "../../api/actions";
import { useSchedules } from "../../api/schedules";
import type { Schedule } from "../../api/types";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { Confirm } from "../../components/Confirm";
import { type Columns, DataTable } from "../../components/DataTable";
import { Empty } from "../../components/Empty";
import { Loading } from "../../components/Loading";
import { PageHead } from "../../components/PageHead";
import { SearchField } from "../../components/SearchField";
import { Trouble } from "../../components/Trouble";
import { When } from "../../components/When";
import { plural, zone } from "../../lib/format";
import { useTitle } from "../../lib/title";
import styles from "./SchedulesPage.module.css";

/** Every schedule in plain words, when it runs next, and what can be done with it. */
export function SchedulesPage() {
  useTitle("Schedules");
  const { name = "" } = useSearch({ from: "/schedules" });
  const [wanted, setWanted] = useState(name);
  const { data: schedules, error, refetch } = useSchedules();
  const shown = (schedules ?? []).filter(
    (each) => each.name.includes(wanted) || each.job.includes(wanted),
  );
  return (
    <>
      <PageHead title="Schedules" about={`Next and last runs are in your time, ${zone()}.`} />
      {error && <Trouble error={error} onRetry={() => void refetch()} />}
      <Card
        title={schedules ? plural(schedules.length, "schedule") : "Schedules"}
        flush
        aside={<SearchField label="Search schedules" value={wanted} onChange={setWanted} />}
      >
        {!schedules && !error ? (
          <Loading />
        ) : schedules && shown.length === 0 ? (
          <Empty
            icon={CalendarClock}
            title={
              schedules.length > 0 ? `No schedule matches “${wanted}”` : "There is no schedule yet"
            }
          >
            {schedules.length === 0 && (
              <p>
                Declare one in your code, as in <code>@app.cron("0 3 * * *")</code> or{" "}
                <code>@app.every(60)</code>; it is known once a worker starts.
              </p>
            )}
          </Empty>
        ) : (
          <DataTable
            caption="Schedules"
            columns={COLUMNS}
            rows={shown}
            rowId={(schedule) => schedule.name}
            initialSorting={[{ id: "next", desc: false }]}
          />
        )}
      </Card>
    </>
  );
}

const COLUMNS: Columns<Schedule> = [
  {
    id: "name",
    header: "Schedule",
    accessorFn: (schedule) => schedule.name,
    enableSorting: true,
    look: { wide: true },
    cell: ({ row: { original: schedule } }) => (
      <div className={styles.name}>
        <strong>{schedule.name}</strong>
        {schedule.paused && <span className={styles.paused}>paused</span>}
        {schedule.orphaned && (
          <span className={styles.paused} title="It is no longer declared by any worker">
            orphaned
          </span>
        )}
        <span className={styles.job}>
          <Link to="/tasks" search={{ job: schedule.job, pool: schedule.pool }}>
            {schedule.job}
          </Link>{" "}
          in {schedule.pool}
        </span>
        {schedule.problem && <span className={styles.problem}>{schedule.problem}</span>}
      </div>
    ),
  },
  {
    id: "words",
    header: "When",
    look: { wide: true },
    cell: ({ row: { original: schedule } }) => (
      <div>
        <span>{schedule.words}</span>
        {schedule.kind === "cron" && (
          <span className={styles.spec}>
            <code>{schedule.spec}</code>
          </span>
        )}
      </div>
    ),
  },
  {
    id: "next",
    header: "Next runs",
    accessorFn: ({ paused, next_at }) =>
      paused || !next_at ? Number.MAX_SAFE_INTEGER : Date.parse(next_at),
    enableSorting: true,
    look: { wide: true },
    cell: ({ row: { original: schedule } }) => <Next schedule={schedule} />,
  },
  {
    id: "last",
    header: "Last run",
    look: { shrink: true, label: "last run" },
    cell: ({ row: { original: schedule } }) => <When at={schedule.last_run} />,
  },
  {
    id: "actions",
    header: () => <span className="visually-hidden">Actions</span>,
    look: { shrink: true },
    cell: ({ row: { original: schedule } }) => <Actions schedule={schedule} />,
  },
];

function Next({ schedule }: { schedule: Schedule }) {
  if (schedule.paused) return <span className={styles.job}>paused, so none</span>;
  if (!schedule.next_at) return <span className={styles.job}>none</span>;
  return (
    <div>
      <When at={schedule.next_at} />
      <span className={styles.later}>
        {schedule.next.slice(0, 3).map((at) => (
          <When key={at} at={at} exact="planned" />
        ))}
      </span>
    </div>
  );
}

function Actions({ schedule }: { schedule: Schedule }) {
  const { name, paused } = schedule;
  const path = `api/schedules/${encodeURIComponent(name)}`;
  const run = useAct(`${path}/run`, `${name} runs now`);
  const pause = useAct(`${path}/pause`, `${name} is paused`);
  const resume = useAct(`${path}/resume`, `${name} goes on`);
  const remove = useAct(path, `${name} is removed`, "DELETE");
  const toggle = paused ? resume : pause;
  return (
    <span className={styles.actions}>
      <Confirm
        trigger={
          <Button icon={Zap} disabled={run.isPending}>
            Run now
          </Button>
        }
        title={`Run ${name} now?`}
        action="Run now"
        look="primary"
        onConfirm={() => run.mutate()}
      >
        <p>
          A task of {schedule.job} is submitted at once; the schedule itself goes on as planned.
        </p>
      </Confirm>
      <Button
        icon={paused ? Play : Pause}
        iconOnly
        disabled={toggle.isPending}
        onClick={() => toggle.mutate()}
      >
        {`${paused ? "Resume" : "Pause"} ${name}`}
      </Button>
      {(!schedule.declared || schedule.orphaned) && (
        <Confirm
          trigger={<Button icon={Trash2} iconOnly>{`Remove ${name}`}</Button>}
          title={`Remove ${name}?`}
          action="Remove"
          onConfirm={() => remove.mutate()}
        >
          <p>It submits nothing any more. Tasks that it has submitted stay.</p>
        </Confirm>
      )}
    </span>
  );
}
