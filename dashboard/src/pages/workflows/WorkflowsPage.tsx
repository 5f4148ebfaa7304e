import { Link } from "@tanstack/react-router";
import { Workflow as WorkflowIcon } from "lucide-react";
import type { Workflow } from "../../api/types";
import { useWorkflows } from "../../api/workflows";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { CountsBar } from "../../components/CountsBar";
import { type Columns, DataTable } from "../../components/DataTable";
import { Empty } from "../../components/Empty";
import { Loading } from "../../components/Loading";
import { PageHead } from "../../components/PageHead";
import { Trouble } from "../../components/Trouble";
import { When } from "../../components/When";
import { useTitle } from "../../lib/title";
import { WorkflowState } from "./WorkflowState";

/** Every workflow that is known, the newest first. */
export function WorkflowsPage() {
  useTitle("Workflows");
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useWorkflows();
  const workflows = data?.pages.flatMap((page) => page.workflows) ?? [];
  return (
    <>
      <PageHead title="Workflows" />
      {error && <Trouble error={error} onRetry={() => void refetch()} />}
      <Card title="Newest first" flush>
        {!data && !error ? (
          <Loading />
        ) : data && workflows.length === 0 ? (
          <Empty icon={WorkflowIcon} title="There is no workflow yet">
            <p>
              A workflow is a graph of tasks that is submitted as a whole:{" "}
              <code>with app.workflow("nightly") as flow: …</code>
            </p>
          </Empty>
        ) : (
          <DataTable
            caption="Workflows"
            columns={COLUMNS}
            rows={workflows}
            rowId={({ pool, id }) => `${pool}/${id}`}
          />
        )}
      </Card>
      {hasNextPage && (
        <div>
          <Button disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Show older ones
          </Button>
        </div>
      )}
    </>
  );
}

const COLUMNS: Columns<Workflow> = [
  {
    id: "name",
    header: "Workflow",
    look: { wide: true },
    cell: ({ row: { original: workflow } }) => (
      <Link to="/workflows/$pool/$id" params={{ pool: workflow.pool, id: workflow.id }}>
        {workflow.title}
      </Link>
    ),
  },
  {
    id: "state",
    header: "State",
    look: { shrink: true },
    cell: ({ row: { original: workflow } }) => <WorkflowState state={workflow.state} />,
  },
  {
    id: "tasks",
    header: "Tasks",
    look: { wide: true },
    cell: ({ row: { original: workflow } }) => <CountsBar counts={workflow.counts} />,
  },
  {
    id: "created",
    header: "Created",
    look: { shrink: true, label: "created" },
    cell: ({ row: { original: workflow } }) => <When at={workflow.created_at} />,
  },
  {
    id: "finished",
    header: "Finished",
    look: { shrink: true, label: "finished" },
    cell: ({ row: { original: workflow } }) => <When at={workflow.finished_at} />,
  },
];
