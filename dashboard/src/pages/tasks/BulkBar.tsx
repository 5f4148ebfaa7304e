import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Ban, RotateCcw, X } from "lucide-react";
import { useState } from "react";
import { post } from "../../api/client";
import type { Outcome } from "../../api/types";
import { Button } from "../../components/Button";
import { Confirm } from "../../components/Confirm";
import { useToasts } from "../../components/Toasts";
import { count, plural } from "../../lib/format";
import styles from "./BulkBar.module.css";
import type { TaskSearch } from "./filter";

type Verb = "cancel" | "resubmit";

const WORDS = {
  cancel: {
    title: (number: string) => `Cancel ${number}?`,
    text: "What has not started will not run. What runs is told to stop. Those that have ended stay as they are.",
    action: "Cancel them",
    done: "cancelled",
  },
  resubmit: {
    title: (number: string) => `Run ${number} again?`,
    text: "Tasks that failed, are dead or were cancelled go back into their queues, with their arguments and a fresh count of attempts. Others stay as they are.",
    action: "Run them again",
    done: "resubmitted",
  },
} as const;

interface Props {
  names: string[];
  filter: Omit<TaskSearch, "cursor">;
  pageIsSelected: boolean;
  onClear: () => void;
}

/** What can be done with the tasks that are selected, or with all that the filter matches. */
export function BulkBar({ names, filter, pageIsSelected, onClear }: Props) {
  const [everything, setEverything] = useState(false);
  const [asking, setAsking] = useState<Verb>();
  const [matched, setMatched] = useState<{ number: number; more: boolean }>();
  const client = useQueryClient();
  const toasts = useToasts();
  const body = everything ? { filter } : { names };

  const preview = useMutation({
    mutationFn: (verb: Verb) => post<Outcome>(`api/tasks/${verb}`, { ...body, preview: true }),
    onSuccess: ({ matched, more }, verb) => {
      setMatched({ number: matched, more });
      setAsking(verb);
    },
    onError: (error) => toasts.failed("They could not be counted", error.message),
  });
  const act = useMutation({
    mutationFn: (verb: Verb) => all(verb, body),
    onSuccess: ({ done, refused, refused_count }, verb) => {
      const said = `${plural(done, "task")} ${WORDS[verb].done}`;
      if (refused_count === 0) toasts.done(said);
      else toasts.failed(`${said}, ${count(refused_count)} refused`, reasons(refused));
      setEverything(false);
      onClear();
    },
    onError: (error) => toasts.failed("That was not done", error.message),
    onSettled: () => client.invalidateQueries(),
  });

  if (names.length === 0 && !asking) return null;
  const ask = (verb: Verb) => {
    if (everything) preview.mutate(verb);
    else {
      setMatched({ number: names.length, more: false });
      setAsking(verb);
    }
  };
  const number = plural(matched?.number ?? 0, "task") + (matched?.more ? " or more" : "");
  const words = asking && WORDS[asking];
  const busy = act.isPending || preview.isPending;
  return (
    <div className={styles.bar}>
      <p aria-live="polite">
        {everything ? "All that match are selected" : `${plural(names.length, "task")} selected`}
        {pageIsSelected && !everything && (
          <Button look="quiet" onClick={() => setEverything(true)}>
            Select all that match
          </Button>
        )}
      </p>
      <Button icon={Ban} disabled={busy} onClick={() => ask("cancel")}>
        Cancel
      </Button>
      <Button icon={RotateCcw} disabled={busy} onClick={() => ask("resubmit")}>
        Resubmit
      </Button>
      <Button
        icon={X}
        iconOnly
        look="quiet"
        onClick={() => {
          setEverything(false);
          onClear();
        }}
      >
        Clear the selection
      </Button>
      {asking && words && (
        <Confirm
          open
          onOpenChange={() => setAsking(undefined)}
          title={words.title(number)}
          action={words.action}
          look={asking === "cancel" ? "danger" : "primary"}
          onConfirm={() => act.mutate(asking)}
        >
          <p>{words.text}</p>
        </Confirm>
      )}
    </div>
  );
}

/** Do it to all, a bounded number at a time, as the coordinator asks for. */
async function all(verb: Verb, body: object): Promise<Outcome> {
  const sum: Outcome = {
    matched: 0,
    done: 0,
    refused: [],
    refused_count: 0,
    more: false,
    next: null,
  };
  let cursor: string | null = null;
  do {
    const part: Outcome = await post(`api/tasks/${verb}`, { ...body, cursor });
    sum.matched += part.matched;
    sum.done += part.done;
    sum.refused.push(...part.refused);
    sum.refused_count += part.refused_count;
    cursor = part.next;
  } while (cursor);
  return sum;
}

function reasons(refused: Outcome["refused"]): string {
  const [first, ...others] = [...new Set(refused.map(({ reason }) => reason))];
  return others.length > 0
    ? `${first}; and ${plural(others.length, "other reason")}`
    : (first ?? "");
}
