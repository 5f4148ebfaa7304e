import { useIsMutating, useMutation, useQueryClient } from "@tanstack/react-query";
import { Infinity as Endless, Minus, Pause, Play, Plus, SlidersHorizontal } from "lucide-react";
import { useEffect, useState } from "react";
import { useAct } from "../../api/actions";
import { post } from "../../api/client";
import type { Pool } from "../../api/types";
import { Button } from "../../components/Button";
import { useToasts } from "../../components/Toasts";
import { count } from "../../lib/format";
import styles from "./Pools.module.css";

/** Milliseconds after which the page shows what the pool has, whatever was asked for here. */
const BELIEVED_FOR = 2_000;

/**
 * How many of its tasks may run at once, as it was last asked for here until the pool has it: what is
 * pushed meanwhile may have been read before, and the next click counts from what is shown.
 */
function useLimit(pool: Pool): [number | null, (limit: number | null) => void] {
  const client = useQueryClient();
  const toasts = useToasts();
  const [asked, setAsked] = useState<{ limit: number | null }>();
  const mutationKey = ["scale", pool.name];
  const underWay = useIsMutating({ mutationKey });
  const { mutate } = useMutation({
    mutationKey,
    // One after the other, so that quick clicks arrive in the order in which they were made.
    scope: { id: `scale ${pool.name}` },
    mutationFn: (limit: number | null) => post(`${path(pool)}/scale`, { count: limit }),
    onMutate: (limit) => setAsked({ limit }),
    onError: (error) => {
      setAsked(undefined);
      toasts.failed(`${pool.name} is not scaled`, error.message);
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["overview"] }),
  });
  useEffect(() => {
    if (!asked || underWay > 0) return;
    const wait = pool.limit === asked.limit ? 0 : BELIEVED_FOR;
    const timer = setTimeout(() => setAsked(undefined), wait);
    return () => clearTimeout(timer);
  }, [asked, underWay, pool.limit]);
  return [asked ? asked.limit : pool.limit, mutate];
}

/** How many tasks of the pool may run at once in the whole cluster, one more, one less, no limit. */
export function Scale({ pool }: { pool: Pool }) {
  const [limit, scale] = useLimit(pool);
  const current = limit ?? pool.slots;
  return (
    <span className={styles.scale}>
      <Button
        icon={Minus}
        iconOnly
        look="quiet"
        disabled={current === 0}
        onClick={() => scale(Math.max(0, current - 1))}
      >
        {`One less at once in ${pool.name}`}
      </Button>
      <span
        className={styles.limit}
        data-none={limit === null}
        data-stopped={limit === 0}
        data-testid={`limit-${pool.name}`}
      >
        {limit === null ? "no limit" : count(limit)}
      </span>
      <Button icon={Plus} iconOnly look="quiet" onClick={() => scale(current + 1)}>
        {`One more at once in ${pool.name}`}
      </Button>
      <Button
        icon={Endless}
        iconOnly
        look="quiet"
        disabled={limit === null}
        onClick={() => scale(null)}
      >
        {`No limit for ${pool.name}`}
      </Button>
    </span>
  );
}

interface ActionProps {
  pool: Pool;
  isHeld: boolean;
  /** Show how its jobs are limited. */
  onLimits: () => void;
}

/** Pause or resume one pool, which says nothing while everything is paused, and limit its jobs. */
export function PoolActions({ pool, isHeld, onLimits }: ActionProps) {
  const pause = useAct(`${path(pool)}/pause`, `${pool.name} is paused`);
  const resume = useAct(`${path(pool)}/resume`, `${pool.name} runs again`);
  const act = pool.paused ? resume : pause;
  return (
    <span className={styles.actions}>
      <Button icon={SlidersHorizontal} iconOnly onClick={onLimits}>
        {`Job limits of ${pool.name}`}
      </Button>
      <Button
        icon={pool.paused ? Play : Pause}
        iconOnly
        disabled={act.isPending || isHeld}
        {...(isHeld ? { title: "Everything is paused: resume that first" } : {})}
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
