import { Link } from "@tanstack/react-router";
import type { Overview, State } from "../../api/types";
import { brief, count, plural } from "../../lib/format";
import styles from "./Figures.module.css";

interface Figure {
  name: string;
  value: number | undefined;
  about: string;
  state?: State;
}

/** The numbers that matter most, each a way to what it counts. */
export function Figures({ overview }: { overview: Overview | undefined }) {
  return (
    <ul className={styles.figures} aria-busy={!overview}>
      {figures(overview).map(({ name, value, about, state }) => {
        const content = (
          <>
            <span className={styles.name}>{name}</span>
            <span className={styles.value} data-testid={`figure-${name.toLowerCase()}`}>
              {value === undefined ? "–" : brief(value)}
            </span>
            <span className={styles.about}>{about}</span>
          </>
        );
        return (
          <li key={name} className={styles.figure} data-state={state} data-some={Boolean(value)}>
            {state ? (
              <Link to="/tasks" search={{ state }} className={styles.link}>
                {content}
              </Link>
            ) : (
              <div className={styles.link}>{content}</div>
            )}
          </li>
        );
      })}
    </ul>
  );
}

function figures(overview: Overview | undefined): Figure[] {
  const counts = overview?.counts;
  const total = overview?.totals ?? {};
  return [
    {
      name: "Backlog",
      value: counts?.queued,
      about: counts ? `${brief(counts.scheduled)} due later, ${brief(counts.waiting)} waiting` : "",
      state: "queued",
    },
    {
      name: "Running",
      value: counts?.running,
      about: overview ? `of ${plural(slots(overview), "slot")}` : "",
      state: "running",
    },
    {
      name: "Succeeded",
      value: total.succeeded ?? counts?.succeeded,
      about: `${count(total.retried ?? 0)} retries on the way`,
      state: "succeeded",
    },
    { name: "Failed", value: counts?.failed, about: "ended without a retry", state: "failed" },
    { name: "Dead", value: counts?.dead, about: "no retry is left", state: "dead" },
    {
      name: "Workers",
      value: overview?.workers,
      about: overview ? `and ${plural(overview.coordinators, "coordinator")}` : "",
    },
  ];
}

function slots(overview: Overview): number {
  return overview.pools.reduce((sum, pool) => sum + pool.slots, 0);
}
