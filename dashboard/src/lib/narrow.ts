import { useSyncExternalStore } from "react";

/** The width at which the style sheets change to a phone's look. */
const narrow = window.matchMedia("(max-width: 800px)");

/** Whether the page is as wide as a phone's now, for what no style sheet can lay out. */
export function useIsNarrow(): boolean {
  return useSyncExternalStore(subscribe, () => narrow.matches);
}

function subscribe(listener: () => void): () => void {
  narrow.addEventListener("change", listener);
  return () => narrow.removeEventListener("change", listener);
}
