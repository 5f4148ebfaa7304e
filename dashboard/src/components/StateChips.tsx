import { useEffect, useRef } from "react";
import { type Counts, STATES, type State } from "../api/types";
import { brief } from "../lib/format";
import { STATE_ICONS } from "./StateBadge";
import styles from "./StateChips.module.css";

interface Props {
  counts: Counts | undefined;
  chosen: State | undefined;
  onChoose: (state: State | undefined) => void;
  /** Leave out states that no task is in. */
  onlySome?: boolean;
}

/** How many tasks are in each state, and the choice of one. */
export function StateChips({ counts, chosen, onChoose, onlySome }: Props) {
  const chips = useRef<HTMLFieldSetElement>(null);
  // On a phone they scroll; the chosen one has to be in sight.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another choice is another chip
  useEffect(() => {
    const pressed = chips.current?.querySelector('[aria-pressed="true"]');
    pressed?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [chosen]);
  const all = counts && Object.values(counts).reduce((sum, each) => sum + each, 0);
  return (
    <fieldset ref={chips} className={styles.chips}>
      <legend className="visually-hidden">Filter by state</legend>
      <button
        type="button"
        className={styles.chip}
        aria-pressed={!chosen}
        onClick={() => onChoose(undefined)}
      >
        All <span className={styles.count}>{all === undefined ? "–" : brief(all)}</span>
      </button>
      {STATES.filter((state) => !onlySome || counts?.[state]).map((state) => {
        const Icon = STATE_ICONS[state];
        return (
          <button
            key={state}
            type="button"
            className={styles.chip}
            data-state={state}
            aria-pressed={chosen === state}
            onClick={() => onChoose(chosen === state ? undefined : state)}
          >
            <Icon aria-hidden size={13} strokeWidth={2.1} />
            {state} <span className={styles.count}>{counts ? brief(counts[state]) : "–"}</span>
          </button>
        );
      })}
    </fieldset>
  );
}
