import { Ban, RotateCcw } from "lucide-react";
import { useAct } from "../../api/actions";
import { taskPath } from "../../api/client";
import type { Task } from "../../api/types";
import { Button } from "../../components/Button";
import { Confirm } from "../../components/Confirm";

const ENDED = ["succeeded", "failed", "dead", "cancelled"];

/** Cancel what lives, run again what has ended. */
export function TaskActions({ task }: { task: Task }) {
  const path = taskPath(task.pool, task.id);
  const cancel = useAct(
    `${path}/cancel`,
    task.state === "running" ? "The task is told to stop" : "The task is cancelled",
  );
  const resubmit = useAct<{ force: boolean }>(`${path}/resubmit`, "The task is in its queue again");
  if (!ENDED.includes(task.state)) {
    return (
      <Confirm
        trigger={
          <Button icon={Ban} disabled={cancel.isPending || task.cancel_requested}>
            Cancel
          </Button>
        }
        title="Cancel this task?"
        action="Cancel the task"
        onConfirm={() => cancel.mutate()}
      >
        <p>
          {task.state === "running"
            ? "It is told to stop. What it has done by then stays done, and it is not tried again."
            : "It will not run. It can be resubmitted later."}
        </p>
      </Confirm>
    );
  }
  const succeeded = task.state === "succeeded";
  return (
    <Confirm
      trigger={
        <Button
          icon={RotateCcw}
          look={succeeded ? "plain" : "primary"}
          disabled={resubmit.isPending}
        >
          {succeeded ? "Run again" : "Resubmit"}
        </Button>
      }
      title={succeeded ? "Run this task again?" : "Resubmit this task?"}
      action={succeeded ? "Run it again" : "Resubmit"}
      look="primary"
      onConfirm={() => resubmit.mutate({ force: succeeded })}
    >
      <p>
        {succeeded
          ? "It has succeeded. Running it again repeats whatever it does, and replaces its result."
          : "It goes back into its queue with the same arguments and a fresh count of attempts. The attempts so far stay in its history."}
      </p>
    </Confirm>
  );
}
