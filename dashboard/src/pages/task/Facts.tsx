import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Task } from "../../api/types";
import { Card } from "../../components/Card";
import { When } from "../../components/When";
import { span } from "../../lib/format";
import { jsonText } from "../../lib/json";
import styles from "./Facts.module.css";

/** What was asked for, and what is known beside the states. */
export function Facts({ task }: { task: Task }) {
  return (
    <Card title="Details">
      <dl className={styles.facts}>
        {facts(task).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}

function facts(task: Task): [string, ReactNode][] {
  const all: [string, ReactNode, boolean?][] = [
    [
      "Pool",
      <Link key="pool" to="/tasks" search={{ pool: task.pool }}>
        {task.pool}
      </Link>,
    ],
    ["Priority", task.priority],
    ["Ended attempts", task.attempts],
    ["Crashes", task.crashes, task.crashes === 0],
    ["Losses", task.losses, task.losses === 0],
    ["Key", task.key, task.key === null],
    ["Group", task.group, task.group === null],
    ["Time limit", task.timeout !== null && span(task.timeout * 1000), task.timeout === null],
    ["Held at", task.gate, task.gate === null],
    ["Worker", task.instance, task.instance === null],
    ["Expires", <When key="expires" at={task.expires_at} />, task.expires_at === null],
    ["Meta", jsonText(task.meta ?? {}), Object.keys(task.meta ?? {}).length === 0],
  ];
  return all.filter(([, , isLeftOut]) => !isLeftOut).map(([name, value]) => [name, value]);
}
