import { Pause } from "lucide-react";
import { useAct } from "../../api/actions";
import { useOverview } from "../../api/overview";
import { Button } from "../../components/Button";
import { Confirm } from "../../components/Confirm";
import { PageHead } from "../../components/PageHead";
import { Trouble } from "../../components/Trouble";
import { useTitle } from "../../lib/title";
import { Attention } from "./Attention";
import { Charts } from "./Charts";
import { Figures } from "./Figures";
import styles from "./OverviewPage.module.css";
import { Pools } from "./Pools";
import { Processes } from "./Processes";

/** The whole cluster at a glance. */
export function OverviewPage() {
  useTitle();
  const { data: overview, error, refetch } = useOverview();
  return (
    <>
      <PageHead title="Skedulr Dashboard">{overview && !overview.paused && <PauseAll />}</PageHead>
      {error && <Trouble error={error} onRetry={() => void refetch()} />}
      <Figures overview={overview} />
      <Charts />
      <Pools pools={overview?.pools} isHeld={overview?.paused ?? false} />
      <div className={styles.pair}>
        <Attention counts={overview?.counts} />
        <Processes overview={overview} />
      </div>
    </>
  );
}

function PauseAll() {
  const pause = useAct("api/pause", "Everything is paused");
  return (
    <Confirm
      trigger={
        <Button icon={Pause} disabled={pause.isPending}>
          Pause everything
        </Button>
      }
      title="Pause everything?"
      action="Pause everything"
      look="primary"
      onConfirm={() => pause.mutate()}
    >
      <p>
        No task starts in any pool until somebody resumes. What runs finishes; new tasks, retries
        and schedules go on queuing.
      </p>
    </Confirm>
  );
}
