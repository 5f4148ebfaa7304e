import { Link, useParams } from "@tanstack/react-router";
import { useTask } from "../../api/tasks";
import { Card } from "../../components/Card";
import { Copy } from "../../components/Copy";
import { Loading } from "../../components/Loading";
import { PageHead } from "../../components/PageHead";
import { StateBadge } from "../../components/StateBadge";
import { Trouble } from "../../components/Trouble";
import { Value } from "../../components/Value";
import { useTitle } from "../../lib/title";
import { Attempts } from "./Attempts";
import { Explanation } from "./Explanation";
import { Facts } from "./Facts";
import { Lineage } from "./Lineage";
import { Log } from "./Log";
import { Progress } from "./Progress";
import { TaskActions } from "./TaskActions";
import styles from "./TaskPage.module.css";
import { Timeline } from "./Timeline";

/** All about one task, live. */
export function TaskPage() {
  const { pool, id } = useParams({ from: "/tasks/$pool/$id" });
  const { data: task, error, isPending, refetch } = useTask(pool, id);
  useTitle(task ? `${task.job} ${id}` : id);
  if (!task) {
    return (
      <>
        <PageHead title="Task" about={<code>{`${pool}/${id}`}</code>} />
        {error && <Trouble error={error} onRetry={() => void refetch()} />}
        {isPending && <Loading />}
      </>
    );
  }
  return (
    <>
      <PageHead
        title={
          <span className={styles.title}>
            {task.job} <StateBadge state={task.state} />
          </span>
        }
        about={
          <>
            <span className={styles.name}>
              <code>{task.name}</code>
              <Copy text={task.name} what="the task's name" />
            </span>
            {task.cancel_requested && task.state === "running" && (
              <span className={styles.asked}>asked to stop</span>
            )}
          </>
        }
      >
        <TaskActions task={task} />
      </PageHead>
      {error && <Trouble error={error} onRetry={() => void refetch()} />}
      <Explanation task={task} />
      <Progress task={task} />
      <div className={styles.columns}>
        <div className={styles.main}>
          <Attempts task={task} />
          <Log task={task} />
          <Card title="Arguments">
            {task.unreadable && <p className={styles.unreadable}>{task.unreadable}</p>}
            <Arguments args={task.args} kwargs={task.kwargs} />
          </Card>
          {(task.state === "succeeded" || task.result !== null) && (
            <Card title="Result">
              <Value value={task.result} />
            </Card>
          )}
        </div>
        <div className={styles.side}>
          <Timeline task={task} />
          <Facts task={task} />
          <Lineage task={task} />
        </div>
      </div>
      <p className={styles.more}>
        <Link to="/tasks" search={{ job: task.job }}>
          All tasks of {task.job}
        </Link>
      </p>
    </>
  );
}

function Arguments({ args, kwargs }: Pick<import("../../api/types").Task, "args" | "kwargs">) {
  const named = Object.entries(kwargs ?? {});
  if (!args?.length && named.length === 0) return <p className={styles.none}>None.</p>;
  return (
    <dl className={styles.arguments}>
      {args?.map((value, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: an argument is known by its place alone
        <div key={index}>
          <dt>{index}</dt>
          <dd>
            <Value value={value} />
          </dd>
        </div>
      ))}
      {named.map(([name, value]) => (
        <div key={`=${name}`}>
          <dt>{name}</dt>
          <dd>
            <Value value={value} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
