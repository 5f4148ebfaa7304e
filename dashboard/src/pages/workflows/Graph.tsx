import {
  Background,
  Controls,
  type Edge,
  Handle,
  MarkerType,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
} from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { CircleSlash } from "lucide-react";
import type { WorkflowEdge, WorkflowGraph, WorkflowNode } from "../../api/types";
import { STATE_ICONS } from "../../components/StateBadge";
import { useIsDark } from "../../lib/theme";
import styles from "./Graph.module.css";
import { NODE, type Place } from "./layout";
import { nodeState } from "./nodeState";

type TaskNode = Node<{ task: WorkflowNode }, "task">;
const TYPES = { task: TaskBox };

interface Props {
  flow: WorkflowGraph;
  places: Map<string, Place>;
  chosen: string | undefined;
  onChoose: (name: string | undefined) => void;
}

/** The tasks of a workflow, and what they wait for. */
export function Graph({ flow, places, chosen, onChoose }: Props) {
  const isDark = useIsDark();
  const nodes = flow.nodes.map(
    (task): TaskNode => ({
      id: task.name,
      type: "task",
      position: places.get(task.name) ?? { x: 0, y: 0 },
      ...NODE,
      data: { task },
      selected: task.name === chosen,
      ariaLabel: `${task.title || task.job}, ${nodeState(task)}`,
    }),
  );
  const edges = flow.edges.map((edge): Edge => {
    const from = flow.nodes.find(({ name }) => name === edge.from);
    return {
      id: `${edge.from} ${edge.to} ${edge.on}`,
      source: edge.from,
      target: edge.to,
      className: styles[edge.on] ?? "",
      animated: from?.state === "running",
      markerEnd: { type: MarkerType.ArrowClosed, color: "var(--ink-faint)" },
      ...label(edge),
    };
  });
  return (
    <div className={styles.canvas}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={TYPES}
        colorMode={isDark ? "dark" : "light"}
        fitView
        fitViewOptions={{ maxZoom: 1 }}
        minZoom={0.1}
        nodesDraggable={false}
        nodesConnectable={false}
        deleteKeyCode={null}
        onNodeClick={(_, node) => onChoose(node.id === chosen ? undefined : node.id)}
        onPaneClick={() => onChoose(undefined)}
        zoomOnScroll={false}
        preventScrolling={false}
      >
        <Background gap={18} size={1} />
        <Controls showInteractive={false} />
      </ReactFlow>
    </div>
  );
}

/** Only what is unusual is written on an edge. */
function label(edge: WorkflowEdge): Partial<Edge> {
  return edge.on === "success"
    ? {}
    : { label: edge.on === "failure" ? "on failure" : "at the end" };
}

function TaskBox({ data: { task } }: NodeProps<TaskNode>) {
  const Icon = task.state && !task.skipped ? STATE_ICONS[task.state] : CircleSlash;
  return (
    <div className={styles.node} data-state={task.state ?? "cancelled"}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <Icon aria-hidden size={16} strokeWidth={2.1} />
      <span className={styles.words}>
        <span className={styles.job}>{task.title || task.job}</span>
        <span className={styles.state}>{nodeState(task)}</span>
      </span>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
}
