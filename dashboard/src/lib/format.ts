const whole = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const dayAndYear = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
});
const full = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "long" });

/** 1234567 → 1,234,567 */
export function count(value: number): string {
  return whole.format(value);
}

/** 1234567 → 1.2M; below ten thousand the number itself. */
export function brief(value: number): string {
  return Math.abs(value) < 10_000 ? whole.format(value) : short.format(value);
}

/** A span of milliseconds in its two largest units: 90500 → 1 min 30 s. */
export function span(ms: number): string {
  const size = Math.max(0, ms);
  if (size < 1) return size === 0 ? "0 ms" : "< 1 ms";
  if (size < 1000) return `${Math.round(size)} ms`;
  if (size < 10_000) return `${(size / 1000).toFixed(1)} s`;
  const seconds = Math.round(size / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return two(Math.floor(seconds / 60), "min", seconds % 60, "s");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1440) return two(Math.floor(minutes / 60), "h", minutes % 60, "min");
  const hours = Math.floor(minutes / 60);
  return two(Math.floor(hours / 24), "d", hours % 24, "h");
}

/** How long ago, or in how long: both in one unit, since nobody counts on the second. */
export function distance(ms: number): string {
  if (Math.abs(ms) < 1000) return "now";
  const size = oneUnit(Math.abs(ms));
  return ms < 0 ? `in ${size}` : `${size} ago`;
}

/** The time of day, with the day where that is not today, and the year where that is another. */
export function moment(at: Date, now: Date): string {
  const time = clock.format(at);
  if (at.toDateString() === now.toDateString()) return time;
  const date = at.getFullYear() === now.getFullYear() ? day : dayAndYear;
  return `${date.format(at)} ${time}`;
}

/** The same without its seconds, where there are none: of what is planned, few begin within a minute. */
export function planned(at: Date, now: Date): string {
  return moment(at, now).replace(/(:\d\d):00$/, "$1");
}

/** The zone in which moments are shown: Europe/Berlin. */
export function zone(): string {
  return full.resolvedOptions().timeZone;
}

/** Everything about a moment, for those who point at it. */
export function fullMoment(at: Date): string {
  return full.format(at);
}

/** 1536 → 1.5 kB */
export function bytes(size: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = size;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** "1 task", "2 tasks", "2 processes" */
export function plural(number: number, noun: string, many = `${noun}s`): string {
  return `${count(number)} ${number === 1 ? noun : many}`;
}

function two(large: number, unit: string, small: number, smallUnit: string): string {
  return small ? `${large} ${unit} ${small} ${smallUnit}` : `${large} ${unit}`;
}

function oneUnit(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}
