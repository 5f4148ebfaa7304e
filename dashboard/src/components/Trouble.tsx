import { TriangleAlert } from "lucide-react";
import { Problem } from "../api/client";
import { Button } from "./Button";
import styles from "./Trouble.module.css";

interface Props {
  error: Error;
  onRetry?: () => void;
}

/** Says what went wrong, and what the user can do. */
export function Trouble({ error, onRetry }: Props) {
  return (
    <div role="alert" className={styles.trouble}>
      <TriangleAlert aria-hidden size={17} />
      <div>
        <p className={styles.what}>{error.message}</p>
        <p className={styles.advice}>{advice(error)}</p>
      </div>
      {onRetry && <Button onClick={onRetry}>Try again</Button>}
    </div>
  );
}

function advice(error: Error): string {
  const status = error instanceof Problem ? error.status : -1;
  if (status === 0)
    return "Is the coordinator running? This page goes on by itself once it is back.";
  if (status === 503)
    return "Redis does not answer the coordinator. This page goes on once it does.";
  if (status === 404) return "It may have ended and been removed after its time in history.";
  if (error instanceof Problem && error.title === "Unreadable")
    return "Another version of skedulr has written it, or another program. Upgrade the coordinator, or see what else writes to this Redis.";
  if (status >= 500) return "The coordinator's log tells more.";
  return "What the page shows may have changed meanwhile; look again, then repeat it.";
}
