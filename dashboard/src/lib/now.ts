import { useSyncExternalStore } from "react";

// The moments that are shown are Redis' own; a browser whose clock is wrong must not say "in 3 min".
let ahead = 0;
let current = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** Tell what the time is where the tasks are. */
export function setServerTime(at: string): void {
  const told = Date.parse(at);
  if (!Number.isNaN(told)) ahead = told - Date.now();
}

/** The time where the tasks are, renewed each second. */
export function useNow(): Date {
  return new Date(useSyncExternalStore(subscribe, () => current));
}

/** The time where the tasks are. */
export function serverNow(): number {
  return Date.now() + ahead;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    current = serverNow();
    for (const each of listeners) each();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}
