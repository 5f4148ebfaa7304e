import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useToasts } from "../components/Toasts";
import { post, remove } from "./client";

/**
 * An action of one request: it says what came of it, and whatever the page shows is asked for anew.
 *
 * @param path of the request
 * @param done what to say once it is done; nothing, where the page shows it plainly enough
 */
export function useAct<Body = void, Answer = unknown>(
  path: string,
  done?: string | ((answer: Answer) => string),
  method: "POST" | "DELETE" = "POST",
) {
  const client = useQueryClient();
  const toasts = useToasts();
  return useMutation<Answer, Error, Body>({
    mutationFn: (body) =>
      method === "DELETE" ? remove<Answer>(path) : post<Answer>(path, body ?? undefined),
    onSuccess: (answer) => {
      const words = typeof done === "function" ? done(answer) : done;
      if (words) toasts.done(words);
    },
    onError: (error) => toasts.failed("That was not done", error.message),
    onSettled: () => client.invalidateQueries(),
  });
}
