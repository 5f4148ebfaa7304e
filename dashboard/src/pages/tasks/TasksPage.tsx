import { useNavigate, useSearch } from "@tanstack/react-router";
import type { RowSelectionState } from "@tanstack/react-table";
import { ChevronLeft, ChevronRight, Inbox, SearchX } from "lucide-react";
import { useEffect, useState } from "react";
import { useTasks } from "../../api/tasks";
import { Button } from "../../components/Button";
import { DataTable } from "../../components/DataTable";
import { Empty } from "../../components/Empty";
import { Loading } from "../../components/Loading";
import { PageHead } from "../../components/PageHead";
import { StateChips } from "../../components/StateChips";
import { Trouble } from "../../components/Trouble";
import { useTitle } from "../../lib/title";
import { BulkBar } from "./BulkBar";
import { COLUMNS } from "./columns";
import { Filters } from "./Filters";
import type { TaskSearch } from "./filter";
import styles from "./TasksPage.module.css";

const PAGE = 50;

/** The list of tasks: by state, pool, job and text, as its address says. */
export function TasksPage() {
  useTitle("Tasks");
  const search = useSearch({ from: "/tasks" });
  const navigate = useNavigate({ from: "/tasks" });
  const { cursor, ...filter } = search;
  const { data, error, isPending, refetch, isPlaceholderData } = useTasks(filter, cursor, PAGE);
  const [selection, setSelection] = useState<RowSelectionState>({});
  const [trail, setTrail] = useState<(string | undefined)[]>([]);
  const key = JSON.stringify(filter);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another filter is another list
  useEffect(() => {
    setSelection({});
    setTrail([]);
  }, [key]);

  const refine = (change: Partial<Record<keyof TaskSearch, string | undefined>>) =>
    void navigate({ search: { ...filter, ...change } as TaskSearch });
  const turn = (to: string | undefined) =>
    void navigate({ search: to ? { ...filter, cursor: to } : filter });
  const rows = data?.tasks ?? [];
  const isFiltered = Object.values(filter).some(Boolean);

  return (
    <>
      <PageHead title="Tasks" />
      <StateChips
        counts={data?.counts}
        chosen={filter.state}
        onChoose={(state) => refine({ state })}
      />
      <section
        className={styles.panel}
        aria-label="Tasks"
        aria-busy={isPending || isPlaceholderData}
      >
        <Filters filter={filter} onRefine={refine} />
        <BulkBar
          names={Object.keys(selection).filter((name) => selection[name])}
          filter={filter}
          pageIsSelected={rows.length > 0 && rows.every(({ name }) => selection[name])}
          onClear={() => setSelection({})}
        />
        {error && (
          <div className={styles.trouble}>
            <Trouble error={error} onRetry={() => void refetch()} />
          </div>
        )}
        {rows.length > 0 ? (
          <div className={styles.rows}>
            <DataTable
              caption="Tasks"
              columns={COLUMNS}
              rows={rows}
              rowId={(task) => task.name}
              selection={selection}
              onSelection={setSelection}
            />
          </div>
        ) : isPending ? (
          <Loading />
        ) : error ? null : (
          <Nothing isFiltered={isFiltered} goesOn={Boolean(data?.next)} />
        )}
        <footer className={styles.pages}>
          <Button
            icon={ChevronLeft}
            disabled={!cursor}
            onClick={() => {
              turn(trail.at(-1));
              setTrail(trail.slice(0, -1));
            }}
          >
            Newer
          </Button>
          <Button
            disabled={!data?.next || isPlaceholderData}
            onClick={() => {
              setTrail([...trail, cursor]);
              turn(data?.next ?? undefined);
            }}
          >
            Older
            <ChevronRight aria-hidden size={15} strokeWidth={1.9} />
          </Button>
        </footer>
      </section>
    </>
  );
}

function Nothing({ isFiltered, goesOn }: { isFiltered: boolean; goesOn: boolean }) {
  if (goesOn) {
    return (
      <Empty icon={SearchX} title="Nothing matches so far">
        <p>The search goes on where “Older” leads.</p>
      </Empty>
    );
  }
  if (isFiltered) {
    return (
      <Empty icon={SearchX} title="No task matches">
        <p>Take a filter away, or look for a part of an id or of a job's name.</p>
      </Empty>
    );
  }
  return (
    <Empty icon={Inbox} title="There are no tasks yet">
      <p>
        Send one from your code, as in <code>send_email.enqueue("a@b.c")</code>, or from a shell:{" "}
        <code>skedulr enqueue JOB</code>
      </p>
    </Empty>
  );
}
