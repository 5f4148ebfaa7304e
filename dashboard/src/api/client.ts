import { address } from "../lib/base";
import { parseJson } from "../lib/json";

/** An answer that is no success: what was wrong, in the coordinator's words. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    detail: string,
  ) {
    super(detail);
  }
}

/** Seconds that an answer may take; a coordinator that hangs must not leave a page waiting. */
const PATIENCE = 15;

type Query = Record<string, string | number | undefined>;

export function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  const wanted = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== "") wanted.set(key, String(value));
  }
  const suffix = wanted.size > 0 ? `?${wanted}` : "";
  return send<T>("GET", path + suffix, undefined, signal);
}

export function post<T>(path: string, body?: unknown): Promise<T> {
  return send<T>("POST", path, body);
}

export function remove<T>(path: string): Promise<T> {
  return send<T>("DELETE", path);
}

/** The path of a task's document; each part may hold any character that a name may. */
export function taskPath(pool: string, id: string): string {
  return `api/tasks/${encodeURIComponent(pool)}/${encodeURIComponent(id)}`;
}

async function send<T>(
  method: string,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<T> {
  const limit = AbortSignal.timeout(PATIENCE * 1000);
  let answer: Response;
  let text: string;
  try {
    answer = await fetch(address(path), {
      method,
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      headers: {
        Accept: "application/json",
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    text = await answer.text();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(0, "No connection", "The coordinator does not answer.");
  }
  // The session is over, or there was none: its page leads back here.
  if (answer.status === 401) window.location.assign(address("login"));
  if (!answer.ok) throw problem(answer, text);
  return (text ? parseJson(text) : undefined) as T;
}

function problem(answer: Response, text: string): Problem {
  try {
    const { title, detail, reason } = JSON.parse(text) as Record<string, unknown>;
    const said = [detail, reason, title].find((each) => typeof each === "string") as string;
    return new Problem(answer.status, String(title ?? answer.statusText), said || text);
  } catch {
    return new Problem(answer.status, answer.statusText, text.slice(0, 300) || answer.statusText);
  }
}
