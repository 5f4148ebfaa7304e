import {
  Background,
  Controls,
  type Edge,
  MarkerType,
  MiniMap,
  type NodeHandle,
  Position,
  ReactFlow,
  type ReactFlowInstance,
} from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { useEffect, useMemo, useRef, useState } from "react";
import type { WorkflowGraph, WorkflowNode } from "../../api/types";
import { useIsDark } from "../../lib/theme";
import { colourOf, type GroupNode, type MemberNode, type TaskNode, TYPES } from "./boxes";
import type { Box, Drawing, Link } from "./fold";
import styles from "./Graph.module.css";
import { inside, type Layout, layOut, MEMBERS, type Place, type Plan } from "./layout";
import { jobsOf, mattersMost, standing, tally, worstFirst } from "./standing";
import { fits, viewOf } from "./view";

type AnyNode = TaskNode | GroupNode | MemberNode;

/** What a screen reader says of a box that has the focus. */
const SAID = {
  "node.a11yDescription.default": "Press Enter or Space to choose it, Escape to let it go.",
  "controls.fitView.ariaLabel": "Show all of it",
  "controls.zoomIn.ariaLabel": "Larger",
  "controls.zoomOut.ariaLabel": "Smaller",
  "controls.ariaLabel": "What is in sight",
  "minimap.ariaLabel": "The whole graph in small",
};

interface Props {
  flow: WorkflowGraph;
  drawing: Drawing;
  plan: Plan;
  /** The box or the task that is chosen. */
  chosen: string | undefined;
  onChoose: (id: string | undefined) => void;
}

/** The tasks of a workflow, and what they wait for; many that look alike as one, until it is opened. */
export function Graph({ flow, drawing, plan, chosen, onChoose }: Props) {
  const isDark = useIsDark();
  const [opened, setOpened] = useState(new Set<string>());
  const layout = useMemo(() => layOut(drawing, opened, plan), [drawing, opened, plan]);
  const tasks = new Map(flow.nodes.map((task) => [task.name, task]));
  const toggle = (id: string) => {
    const others = new Set(opened);
    if (!others.delete(id)) others.add(id);
    setOpened(others);
  };
  const nodes = drawing.boxes.flatMap((box) =>
    drawn(box, { layout, tasks, plan, chosen, isOpen: opened.has(box.id), toggle }),
  );
  const { canvas, isInSight, onInit } = useView(flow, drawing, layout, opened);
  return (
    <div ref={canvas} className={styles.canvas} style={{ height: layout.height + 32 }}>
      <ReactFlow
        nodes={nodes}
        edges={drawing.links.map((link) => line(link, drawing, tasks))}
        nodeTypes={TYPES}
        colorMode={isDark ? "dark" : "light"}
        onInit={onInit}
        minZoom={0.1}
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable={false}
        deleteKeyCode={null}
        onNodesChange={(changes) => {
          for (const change of changes) {
            if (change.type !== "select") continue;
            if (change.selected) onChoose(change.id);
            else if (change.id === chosen) onChoose(undefined);
          }
        }}
        zoomOnScroll={false}
        preventScrolling={false}
        ariaLabelConfig={SAID}
      >
        <Background gap={18} size={1} />
        <Controls showInteractive={false} orientation="horizontal" fitViewOptions={FIT} />
        {!isInSight && (
          <MiniMap<AnyNode>
            pannable
            className={styles.map ?? ""}
            style={plan.down ? SMALL : LARGE}
            nodeColor={({ data }) =>
              `var(--${colourOf("tasks" in data ? data.tasks : [data.task])})`
            }
          />
        )}
      </ReactFlow>
    </div>
  );
}

/** The sizes of the map. */
const SMALL = { width: 84, height: 64 };
const LARGE = { width: 150, height: 84 };
const FIT = { maxZoom: 1, padding: 0.04 };

/** Keeps in sight all that can be read at once, else what matters, or the group opened last. */
function useView(flow: WorkflowGraph, drawing: Drawing, layout: Layout, opened: Set<string>) {
  const canvas = useRef<HTMLDivElement>(null);
  const [instance, setInstance] = useState<ReactFlowInstance<AnyNode>>();
  const [isInSight, setInSight] = useState(true);
  const last = [...opened].at(-1);
  // biome-ignore lint/correctness/useExhaustiveDependencies: states change each second, and then nobody wants it to move
  useEffect(() => {
    if (!instance || !canvas.current) return;
    const { clientWidth: width, clientHeight: height } = canvas.current;
    const worst = mattersMost(flow.nodes)?.name ?? "";
    const box = last ?? drawing.boxes.find(({ tasks }) => tasks.includes(worst))?.id;
    setInSight(fits({ width, height }, layout));
    void instance.setViewport(viewOf({ width, height }, layout, layout.places.get(box ?? "")));
  }, [instance, layout]);
  return { canvas, isInSight, onInit: setInstance };
}

interface Around {
  layout: Layout;
  tasks: Map<string, WorkflowNode>;
  plan: Plan;
  chosen: string | undefined;
  isOpen: boolean;
  toggle: (id: string) => void;
}

/** What is drawn of a box. */
function drawn(box: Box, around: Around): AnyNode[] {
  const { layout, tasks, plan, chosen, isOpen, toggle } = around;
  const place = layout.places.get(box.id);
  const found = box.tasks.flatMap((name) => tasks.get(name) ?? []);
  const [first] = found;
  if (!place || !first) return [];
  if (box.tasks.length === 1) return [ofTask(first, place, plan, chosen)];
  const group: GroupNode = {
    ...at(place),
    handles: ends(place, plan),
    id: box.id,
    type: "many",
    data: { tasks: found, down: plan.down, isOpen, onToggle: () => toggle(box.id) },
    selected: box.id === chosen,
    ariaLabel: `${found.length} tasks of ${jobsOf(found)}: ${tally(found)
      .map(([stands, number]) => `${number} ${stands}`)
      .join(", ")}`,
  };
  if (!isOpen) return [group];
  const shown = worstFirst(found).slice(0, MEMBERS);
  const places = inside(shown.length, plan);
  const byJob = found.some(({ job }) => job !== first.job);
  return [
    group,
    ...shown.map((task, index) => ofMember(task, byJob, places[index], box.id, chosen)),
  ];
}

function ofTask(task: WorkflowNode, place: Place, plan: Plan, chosen?: string): TaskNode {
  return {
    ...at(place),
    handles: ends(place, plan),
    id: task.name,
    type: "task",
    data: { task, down: plan.down },
    selected: task.name === chosen,
    ariaLabel: `${task.title || task.job}, ${standing(task)}`,
  };
}

function ofMember(
  task: WorkflowNode,
  byJob: boolean,
  place: Place | undefined,
  parentId: string,
  chosen?: string,
): MemberNode {
  return {
    ...at(place ?? { x: 0, y: 0, width: 0, height: 0 }),
    id: task.name,
    type: "member",
    parentId,
    data: { task, byJob },
    selected: task.name === chosen,
    ariaLabel: `${task.job} ${task.id}, ${standing(task)}`,
  };
}

/** Sizes come from the layout: they need not be measured after each change. */
function at({ x, y, width, height }: Place) {
  return { position: { x, y }, width, height, measured: { width, height } };
}

/** Where lines end on a box; while that is measured, they are gone. */
function ends({ width, height }: Place, { down }: Plan): NodeHandle[] {
  const end = { width: 0, height: 0 };
  return down
    ? [
        { ...end, type: "target", position: Position.Top, x: width / 2, y: 0 },
        { ...end, type: "source", position: Position.Bottom, x: width / 2, y: height },
      ]
    : [
        { ...end, type: "target", position: Position.Left, x: 0, y: height / 2 },
        { ...end, type: "source", position: Position.Right, x: width, y: height / 2 },
      ];
}

function line(link: Link, { boxes }: Drawing, tasks: Map<string, WorkflowNode>): Edge {
  const from = boxes.find(({ id }) => id === link.from)?.tasks ?? [];
  return {
    id: `${link.from} ${link.to} ${link.on}`,
    source: link.from,
    target: link.to,
    className: styles[link.on] ?? "",
    animated: from.some((name) => tasks.get(name)?.state === "running"),
    markerEnd: { type: MarkerType.ArrowClosed, color: "var(--ink-faint)" },
    ...label(link),
  };
}

/** Only what is unusual is written on a line. */
function label({ on }: Link): Partial<Edge> {
  return on === "success" ? {} : { label: on === "failure" ? "on failure" : "at the end" };
}
