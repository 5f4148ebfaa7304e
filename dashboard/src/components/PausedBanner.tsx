import { CirclePause, Play } from "lucide-react";
import { useAct } from "../api/actions";
import { Button } from "./Button";
import styles from "./PausedBanner.module.css";

/** On every page while everything is paused: nobody should wonder why nothing runs. */
export function PausedBanner() {
  const resume = useAct("api/resume", "Everything runs again");
  return (
    <div className={styles.banner} role="status">
      <CirclePause aria-hidden size={20} strokeWidth={2} />
      <p>
        <strong className={styles.word}>PAUSED</strong>
        <span>No task starts in any pool. What runs finishes; what comes in queues.</span>
      </p>
      <Button
        icon={Play}
        look="primary"
        disabled={resume.isPending}
        onClick={() => resume.mutate()}
      >
        Resume everything
      </Button>
    </div>
  );
}
