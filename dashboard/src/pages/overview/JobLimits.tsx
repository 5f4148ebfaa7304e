import { useMutation, useQueryClient } from "@tanstack/react-query";
import { RotateCcw } from "lucide-react";
import { type FormEvent, useId, useState } from "react";
import { post } from "../../api/client";
import { usePoolJobs } from "../../api/overview";
import type { Pool, PoolJob } from "../../api/types";
import { Button } from "../../components/Button";
import { Dialog } from "../../components/Dialog";
import { useToasts } from "../../components/Toasts";
import { count as counted } from "../../lib/format";
import styles from "./JobLimits.module.css";

/** How many tasks of a job may run at once in a pool; null for what the job's code says. */
interface Limit {
  job: string;
  count: number | null;
}

/** What is limited in a pool by job, and the setting of more. */
export function JobLimits({ pool, onClose }: { pool: Pool; onClose: () => void }) {
  const limits = Object.entries(pool.job_limits).sort(([one], [other]) => (one < other ? -1 : 1));
  const jobs = usePoolJobs(pool.name);
  return (
    <Dialog title={`Job limits of ${pool.name}`} onClose={onClose}>
      <p className={styles.about}>
        How many tasks of a job run at once in this pool, on all workers together. What is set here
        holds at once, whatever the job's code says; what runs goes on.
      </p>
      <ul className={styles.limits}>
        {limits.map(([job, count]) => (
          // Keyed by what is set, so that a field takes what somebody else has set meanwhile.
          <li key={`${job} ${count}`}>
            <LimitForm pool={pool} jobs={jobs} job={job} count={count} />
          </li>
        ))}
        <li key={`another of ${limits.length}`}>
          <LimitForm pool={pool} jobs={jobs} />
        </li>
      </ul>
    </Dialog>
  );
}

interface FormProps {
  pool: Pool;
  /** What is known of the jobs of the pool. */
  jobs: PoolJob[];
  job?: string;
  count?: number;
}

/** A limit that is set, or one to set of a job that is chosen or typed. */
function LimitForm({ pool, jobs, job, count }: FormProps) {
  const list = useId();
  const [name, setName] = useState(job ?? "");
  const [most, setMost] = useState(count === undefined ? "" : String(count));
  const { mutate, isPending } = useLimit(pool);
  const isNew = job === undefined;
  const set = (event: FormEvent) => {
    event.preventDefault();
    mutate({ job: name.trim(), count: Number(most) });
  };
  return (
    <form className={styles.limit} onSubmit={set}>
      {isNew ? (
        <>
          <input
            className={styles.field}
            aria-label="Job"
            placeholder={jobs.length > 0 ? "Another job" : "Another job, by its name"}
            value={name}
            list={list}
            required
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => setName(event.target.value)}
          />
          <datalist id={list}>
            {jobs
              .filter((each) => !(each.name in pool.job_limits))
              .map((each) => (
                <option key={each.name} value={each.name} label={running(each)} />
              ))}
          </datalist>
        </>
      ) : (
        <span className={styles.job}>
          {job}
          <span className={styles.running}>{running(jobs.find(({ name }) => name === job))}</span>
        </span>
      )}
      <input
        type="number"
        className={styles.number}
        aria-label={isNew ? "At most at once" : `At most at once of ${job}`}
        placeholder="at most"
        min={0}
        max={2 ** 31}
        step={1}
        required
        value={most}
        onChange={(event) => setMost(event.target.value)}
      />
      <Button
        type="submit"
        disabled={isPending || (!isNew && most === String(count))}
        aria-label={isNew ? "Set the limit" : `Set the limit of ${job}`}
      >
        Set
      </Button>
      <span className={styles.reset}>
        {!isNew && (
          <Button
            icon={RotateCcw}
            iconOnly
            look="quiet"
            disabled={isPending}
            onClick={() => mutate({ job, count: null })}
          >
            {`As the code of ${job} says`}
          </Button>
        )}
      </span>
    </form>
  );
}

function running(job?: PoolJob): string {
  if (!job) return "";
  const code = job.limit_in_code === null ? "" : `, ${counted(job.limit_in_code)} by its code`;
  return `${counted(job.running)} running${code}`;
}

function useLimit(pool: Pool) {
  const client = useQueryClient();
  const toasts = useToasts();
  return useMutation({
    mutationFn: (limit: Limit) => post(`api/pools/${encodeURIComponent(pool.name)}/limit`, limit),
    onError: (error) => toasts.failed("The limit is not set", error.message),
    onSettled: () => client.invalidateQueries({ queryKey: ["overview"] }),
  });
}
