import { STATES, type State } from "../../api/types";

/** What the address of the list says. */
export interface TaskSearch {
  state?: State;
  pool?: string;
  job?: string;
  q?: string;
  cursor?: string;
}

/** The search of an address, without what the list does not know. */
export function readSearch(search: Record<string, unknown>): TaskSearch {
  const found: TaskSearch = {};
  const state = STATES.find((each) => each === search.state);
  if (state) found.state = state;
  for (const key of ["pool", "job", "q", "cursor"] as const) {
    const value = search[key];
    if (typeof value === "string" && value) found[key] = value;
  }
  return found;
}
