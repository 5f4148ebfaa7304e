import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { around, rungs, WHOLE } from "../lib/ladder";
import { useIsDark } from "../lib/theme";
import styles from "./Chart.module.css";

export interface Series {
  name: string;
  /** A colour's name among the tokens, such as `--succeeded`. */
  color: string;
  values: (number | null)[];
  shape: "bars" | "line";
}

interface Props {
  /** What the chart tells, for those who cannot see it. */
  label: string;
  /** Seconds since 1970, rising. */
  times: number[];
  /** Bars are drawn on top of each other, so the largest sum comes first. */
  series: Series[];
  format: (value: number) => string;
  /** Values are milliseconds, from a few to days: the axis grows by factors. */
  ofSpans?: boolean;
}

const HEIGHT = 168;
/** Lines of the grid for which that has room. */
const MOST_LINES = 6;
/** What stands around the labels of the axis. */
const LEAST_AXIS = 14;

/** Values over time. */
export function Chart({ label, times, series, format, ofSpans = false }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const isDark = useIsDark();
  const shape = series.map(({ name, color, shape }) => `${name}${color}${shape}`).join();
  const data: uPlot.AlignedData = [times, ...series.map(({ values }) => values)];

  // biome-ignore lint/correctness/useExhaustiveDependencies: new data is set below, without a new chart
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const made = new uPlot(options(element, series, format, ofSpans), data, element);
    plot.current = made;
    const observer = new ResizeObserver(() => {
      made.setSize({ width: element.clientWidth, height: HEIGHT });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [shape, isDark]);

  useEffect(() => plot.current?.setData(data));

  return <div ref={place} role="img" aria-label={label} className={styles.chart} />;
}

function options(
  element: HTMLElement,
  series: Series[],
  format: (value: number) => string,
  ofSpans: boolean,
): uPlot.Options {
  const color = (name: string) => getComputedStyle(element).getPropertyValue(name).trim();
  const font = `11px ${color("--font")}`;
  const axis = { stroke: color("--ink-faint"), font, ticks: { show: false } };
  const grid = { stroke: color("--line"), width: 1 };
  const bars = uPlot.paths.bars?.({ size: [0.72, 24], radius: 0.15 });
  return {
    width: element.clientWidth,
    height: HEIGHT,
    padding: [8, 18, 0, 0],
    cursor: { points: { show: false }, drag: { x: false, y: false } },
    legend: { live: true },
    scales: {
      y: ofSpans
        ? { distr: 3, range: (_, least, most) => around(least ?? 0, most ?? 0) }
        : { range: (_, __, most) => [0, Math.max(most * 1.1, 1)] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 26,
        space: 70,
        values: (_, ticks) => ticks.map(clock),
      },
      {
        ...axis,
        grid,
        size: (plot, labels) => LEAST_AXIS + widest(plot, labels, font),
        space: 34,
        ...(ofSpans ? SPANS : { incrs: WHOLE }),
        values: (_, ticks) => ticks.map(format),
      },
    ],
    series: [
      { label: "at", value: (plot, at) => clock(at ?? plot.data[0].at(-1) ?? 0) },
      ...series.map(({ name, color: token, shape }): uPlot.Series => {
        const stroke = color(token);
        const common = {
          label: name,
          stroke,
          value: (plot: uPlot, value: number | null, series: number, index: number | null) => {
            // Nobody points at the chart: the newest that there is.
            const shown = index === null ? plot.data[series]?.at(-1) : value;
            return shown == null ? "–" : format(shown);
          },
        };
        return shape === "bars" && bars
          ? { ...common, fill: stroke, width: 0, paths: bars, points: { show: false } }
          : {
              ...common,
              width: 1.6,
              points: { size: 5, fill: stroke, show: false, filter: lonely },
            };
      }),
    ],
  };
}

/** Where an axis of spans has its lines. */
const SPANS: uPlot.Axis = {
  splits: (_, __, least, most) => rungs(least, most, MOST_LINES),
  filter: (_, ticks) => ticks,
};

/** The width of the longest label, in pixels. */
function widest({ ctx }: uPlot, labels: string[] | null, font: string): number {
  ctx.save();
  ctx.font = font;
  const widths = (labels ?? []).map((label) => ctx.measureText(label).width);
  ctx.restore();
  return Math.ceil(Math.max(0, ...widths));
}

/** The points beside which there is none: no line goes through them. */
function lonely(plot: uPlot, series: number): number[] {
  const values = plot.data[series] ?? [];
  return [...values.keys()].filter(
    (at) => values[at] != null && values[at - 1] == null && values[at + 1] == null,
  );
}

function clock(seconds: number): string {
  const at = new Date(seconds * 1000);
  return `${String(at.getHours()).padStart(2, "0")}:${String(at.getMinutes()).padStart(2, "0")}`;
}
