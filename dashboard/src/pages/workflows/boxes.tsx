import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import { ChevronsDownUp, ChevronsUpDown, CircleSlash, type LucideIcon } from "lucide-react";
import type { State, WorkflowNode } from "../../api/types";
import { Button } from "../../components/Button";
import { type Ends, Shares } from "../../components/CountsBar";
import { STATE_ICONS } from "../../components/StateBadge";
import { count, plural } from "../../lib/format";
import styles from "./boxes.module.css";
import { MEMBERS } from "./layout";
import { jobsOf, type Standing, standing, tally } from "./standing";

export type TaskNode = Node<{ task: WorkflowNode; down: boolean }, "task">;
export type MemberNode = Node<{ task: WorkflowNode; byJob: boolean }, "member">;
export type GroupNode = Node<
  { tasks: WorkflowNode[]; down: boolean; isOpen: boolean; onToggle: () => void },
  "many"
>;

export const TYPES = { task: TaskBox, member: MemberBox, many: GroupBox };

/** The state whose colour a box takes. */
export function colourOf(tasks: WorkflowNode[]): State {
  const [worst] = tally(tasks);
  return toState(worst?.[0] ?? "not sent");
}

function toState(found: Standing): State {
  return found === "skipped" || found === "not sent" ? "cancelled" : found;
}

function iconOf(found: Standing): LucideIcon {
  return found === "skipped" || found === "not sent" ? CircleSlash : STATE_ICONS[found];
}

/** A task by its job and how it stands. */
function TaskBox({ data: { task, down } }: NodeProps<TaskNode>) {
  const stands = standing(task);
  const Icon = iconOf(stands);
  return (
    <div
      className={styles.box}
      data-state={toState(stands)}
      data-narrow={down}
      title={task.title || task.job}
    >
      <Ties down={down} />
      <Icon aria-hidden size={16} strokeWidth={2.1} />
      <span className={styles.words}>
        <span className={styles.job}>{task.title || task.job}</span>
        <span className={styles.state}>{stands}</span>
      </span>
    </div>
  );
}

/** A task of a group, by what tells it apart: its id where their job stands above, else its job. */
function MemberBox({ data: { task, byJob } }: NodeProps<MemberNode>) {
  const stands = standing(task);
  const Icon = iconOf(stands);
  return (
    <div className={styles.member} data-state={toState(stands)} title={`${task.name}, ${stands}`}>
      <Icon aria-hidden size={14} strokeWidth={2.1} />
      {byJob ? (
        <span className={styles.name}>{task.title || task.job}</span>
      ) : (
        <code className={styles.id}>{task.id}</code>
      )}
    </div>
  );
}

/** Tasks that look alike: how many they are and how they stand; open, some of them one by one. */
function GroupBox({ data: { tasks, down, isOpen, onToggle } }: NodeProps<GroupNode>) {
  const found = tally(tasks);
  const job = jobsOf(tasks);
  const jobs = [...new Set(tasks.map((task) => task.job))];
  return (
    <div
      className={isOpen ? styles.frame : styles.group}
      data-state={toState(found[0]?.[0] ?? "not sent")}
      data-narrow={down}
    >
      <Ties down={down} />
      <div className={styles.head}>
        <span className={styles.job} title={jobs.slice(0, MEMBERS).join(", ")}>
          {jobs.slice(0, MEMBERS).join(", ")}
        </span>
        <span className={styles.times}>{times(jobs.length, tasks.length)}</span>
        <Button
          icon={isOpen ? ChevronsDownUp : ChevronsUpDown}
          iconOnly
          look="quiet"
          aria-expanded={isOpen}
          className={`nodrag nopan ${styles.toggle}`}
          onClick={(event) => {
            event.stopPropagation();
            onToggle();
          }}
        >
          {isOpen ? `Close ${job}` : `Show the tasks of ${job}`}
        </Button>
      </div>
      {!isOpen && (
        <>
          <Shares counts={Object.fromEntries(found) as Ends} />
          <span className={styles.state}>{inWords(found)}</span>
        </>
      )}
      {isOpen && tasks.length > MEMBERS && (
        <span className={styles.rest}>
          {count(tasks.length - MEMBERS)} more stand in the list below
        </span>
      )}
    </div>
  );
}

/** How many they are, of one job or of several. */
function times(jobs: number, tasks: number): string {
  if (jobs === 1) return `× ${count(tasks)}`;
  return jobs === tasks ? plural(jobs, "job") : plural(tasks, "task");
}

/** As much as a box has room for: the worst, and the rest. */
function inWords(found: [Standing, number][]): string {
  const [worst, next, ...more] = found;
  const rest = more.reduce((sum, [, number]) => sum + number, 0);
  return [worst, next]
    .flatMap((each) => (each ? [`${count(each[1])} ${each[0]}`] : []))
    .concat(rest > 0 ? [`${count(rest)} more`] : [])
    .join(", ");
}

/** Where the lines begin and end. */
function Ties({ down }: { down: boolean }) {
  return (
    <>
      <Handle
        type="target"
        position={down ? Position.Top : Position.Left}
        isConnectable={false}
        className={styles.end ?? ""}
      />
      <Handle
        type="source"
        position={down ? Position.Bottom : Position.Right}
        isConnectable={false}
        className={styles.end ?? ""}
      />
    </>
  );
}
