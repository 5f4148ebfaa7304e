import { STATES } from "../../api/types";
import { StateBadge } from "../../components/StateBadge";

/** A workflow's state: those of tasks, where they have the same name. */
export function WorkflowState({ state }: { state: string }) {
  const known = STATES.find((each) => each === state);
  return known ? <StateBadge state={known} /> : <span>{state}</span>;
}
