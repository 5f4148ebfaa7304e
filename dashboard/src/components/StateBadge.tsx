import {
  Ban,
  CheckCircle2,
  CircleDashed,
  CirclePause,
  Clock,
  LoaderCircle,
  type LucideIcon,
  OctagonAlert,
  XCircle,
} from "lucide-react";
import type { State } from "../api/types";
import styles from "./StateBadge.module.css";

export const STATE_ICONS: Record<State, LucideIcon> = {
  scheduled: Clock,
  waiting: CirclePause,
  queued: CircleDashed,
  running: LoaderCircle,
  succeeded: CheckCircle2,
  failed: XCircle,
  dead: OctagonAlert,
  cancelled: Ban,
};

/** A state by its name, its sign and its colour, so that no one of them has to be told apart. */
export function StateBadge({ state, children }: { state: State; children?: string }) {
  const Icon = STATE_ICONS[state] ?? CircleDashed;
  return (
    <span className={styles.badge} data-state={state}>
      <Icon aria-hidden size={13} strokeWidth={2.1} />
      {children ?? state}
    </span>
  );
}
