import type { Place, Size } from "./layout";

/** The part of the graph that is in sight: the zoom, and where its origin stands in the window. */
export interface View {
  x: number;
  y: number;
  zoom: number;
}

/** What is smaller than this nobody reads: the graph is then shown in part. */
export const READABLE = 0.72;
const MARGIN = 12;

/** Whether all of it can be read at once. */
export function fits(window: Size, whole: Size): boolean {
  return fitting(window, whole) >= READABLE;
}

/** All of the graph where that can be read, else the part around what matters. */
export function viewOf(window: Size, whole: Size, matters: Place | undefined): View {
  const zoom = fits(window, whole) ? Math.min(1, fitting(window, whole)) : 0.9;
  const { x, y, width, height } = matters ?? { x: 0, y: 0, width: 0, height: 0 };
  return {
    x: along(window.width, whole.width * zoom, x * zoom, width * zoom),
    y: along(window.height, whole.height * zoom, y * zoom, height * zoom),
    zoom,
  };
}

function fitting(window: Size, whole: Size): number {
  return Math.min(
    (window.width - 2 * MARGIN) / whole.width,
    (window.height - 2 * MARGIN) / whole.height,
  );
}

/** Where the graph begins on one axis, so that what matters is in the middle, or at least begins. */
function along(window: number, whole: number, start: number, size: number): number {
  if (whole + 2 * MARGIN <= window) return (window - whole) / 2;
  const wanted = size + 2 * MARGIN > window ? MARGIN - start : (window - size) / 2 - start;
  return Math.min(MARGIN, Math.max(window - whole - MARGIN, wanted));
}
