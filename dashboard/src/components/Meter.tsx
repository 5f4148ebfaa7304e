import styles from "./Meter.module.css";

interface Props {
  value: number;
  most: number;
  label: string;
  /** A state whose colour it has. */
  state?: string;
}

/** How much of something is used. */
export function Meter({ value, most, label, state = "running" }: Props) {
  return (
    <meter
      className={styles.meter}
      min={0}
      max={Math.max(most, 1)}
      value={Math.min(value, most)}
      aria-label={label}
      data-state={state}
    />
  );
}
