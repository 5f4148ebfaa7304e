import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Infinity as Endless, Minus, Pause, Play, Plus } from "lucide-react";
import { useAct } from "../../api/actions";
import { post } from "../../api/client";
import type { Overview, Pool } from "../../api/types";
import { Button } from "../../components/Button";
import { useToasts } from "../../components/Toasts";
import { count } from "../../lib/format";
import styles from "./Pools.module.css";

/** How many tasks of the pool may run at once in the whole cluster, one more, one less, no limit. */
export function Scale({ pool }: { pool: Pool }) {
  const client = useQueryClient();
  const toasts = useToasts();
  const { mutate } = useMutation({
    // One after the other, so that quick clicks arrive in the order in which they were made.
    scope: { id: `scale ${pool.name}` },
    mutationFn: (limit: number | null) => post(`${path(pool)}/scale`, { count: limit }),
    onMutate: (limit) => {
      client.setQueryData<Overview>(["overview"], (overview) => withLimit(overview, pool, limit));
    },
    onError: (error) => toasts.failed(`${pool.name} is not scaled`, error.message),
    onSettled: () => client.invalidateQueries({ queryKey: ["overview"] }),
  });
  const current = pool.limit ?? pool.slots;
  return (
    <span className={styles.scale}>
      <Button
        icon={Minus}
        iconOnly
        look="quiet"
        disabled={current === 0}
        onClick={() => mutate(Math.max(0, current - 1))}
      >
        {`One less at once in ${pool.name}`}
      </Button>
      <span
        className={styles.limit}
        data-none={pool.limit === null}
        data-stopped={pool.limit === 0}
        data-testid={`limit-${pool.name}`}
      >
        {pool.limit === null ? "no limit" : count(pool.limit)}
      </span>
      <Button icon={Plus} iconOnly look="quiet" onClick={() => mutate(current + 1)}>
        {`One more at once in ${pool.name}`}
      </Button>
      <Button
        icon={Endless}
        iconOnly
        look="quiet"
        disabled={pool.limit === null}
        onClick={() => mutate(null)}
      >
        {`No limit for ${pool.name}`}
      </Button>
    </span>
  );
}

/** Pause or resume one pool. */
export function PoolActions({ pool }: { pool: Pool }) {
  const pause = useAct(`${path(pool)}/pause`, `${pool.name} is paused`);
  const resume = useAct(`${path(pool)}/resume`, `${pool.name} runs again`);
  const act = pool.paused ? resume : pause;
  return (
    <span className={styles.actions}>
      <Button
        icon={pool.paused ? Play : Pause}
        iconOnly
        disabled={act.isPending}
        onClick={() => act.mutate()}
      >
        {`${pool.paused ? "Resume" : "Pause"} ${pool.name}`}
      </Button>
    </span>
  );
}

function path(pool: Pool): string {
  return `api/pools/${encodeURIComponent(pool.name)}`;
}

function withLimit(overview: Overview | undefined, of: Pool, limit: number | null) {
  if (!overview) return overview;
  const pools = overview.pools.map((each) => (each.name === of.name ? { ...each, limit } : each));
  return { ...overview, pools };
}
