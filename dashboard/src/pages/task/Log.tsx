import { useEffect, useRef } from "react";
import type { Task } from "../../api/types";
import { Card } from "../../components/Card";
import { When } from "../../components/When";
import { plural } from "../../lib/format";
import { jsonText } from "../../lib/json";
import styles from "./Log.module.css";

/** The lines that the task has logged; it follows new ones while it is at its end. */
export function Log({ task }: { task: Task }) {
  const list = useRef<HTMLOListElement>(null);
  const atEnd = useRef(true);
  const number = task.log.length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each new line moves the end
  useEffect(() => {
    const element = list.current;
    if (element && atEnd.current) element.scrollTop = element.scrollHeight;
  }, [number]);
  if (number === 0) return null;
  return (
    <Card title="Log" aside={plural(number, "line")}>
      <ol
        ref={list}
        className={styles.log}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
        tabIndex={0}
        aria-label="Log lines"
        onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
          atEnd.current = scrollHeight - scrollTop - clientHeight < 20;
        }}
      >
        {task.log.map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines are only ever added
          <li key={index} className={styles.line}>
            <span className={styles.when}>
              <When at={line.at} exact />
            </span>
            <span className={styles.message}>{line.message}</span>
            {Object.entries(line.facts).map(([name, value]) => (
              <span key={name} className={styles.fact}>
                {name}=<b>{typeof value === "string" ? value : jsonText(value)}</b>
              </span>
            ))}
          </li>
        ))}
      </ol>
    </Card>
  );
}
