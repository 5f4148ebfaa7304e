import type { Coordinator, Loop, Worker } from "../../api/types";

/** Something about a process that somebody should hear of. */
export interface Trouble {
  text: string;
  /** The task that is to blame, `pool/id`. */
  task?: string;
  /** When it was well last, where that is known. */
  since?: string | null;
}

const WORDS: Record<string, string> = {
  hanging: "hangs",
  failing: "fails, and is tried again",
  away: "does not reach Redis",
};

/** What is wrong with a worker: processes that user code holds, and loops that do not come round. */
export function ofWorker(worker: Worker): Trouble[] {
  return [
    ...worker.children.flatMap((child): Trouble[] => {
      const isStalled = child.state === "stalled";
      const process = `Process ${child.number}`;
      const task = child.blocked_by ? { task: child.blocked_by } : {};
      // A process that is blocked has no loop that comes round: that is said once.
      if (isStalled) {
        const text = `${process} is stalled: user code holds it, and it gets no more tasks`;
        return [{ text, ...task }];
      }
      if (child.blocked_by) {
        return [{ text: `${process} is blocked: a task does not let others have a turn`, ...task }];
      }
      return ofLoops(child.loops, `${process}: its`);
    }),
    ...ofLoops(worker.loops),
  ];
}

/** What is wrong with a coordinator. */
export function ofCoordinator(coordinator: Coordinator): Trouble[] {
  return ofLoops(coordinator.loops);
}

function ofLoops(loops: Loop[] = [], whose = "Its"): Trouble[] {
  return loops.flatMap(({ name, state, last_at }) => {
    const words = WORDS[state];
    return words ? [{ text: `${whose} loop “${name}” ${words}`, since: last_at }] : [];
  });
}
