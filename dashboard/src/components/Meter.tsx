import styles from "./Meter.module.css";

interface Props {
  value: number;
  most: number;
  label: string;
}

/** How much of something is used. */
export function Meter({ value, most, label }: Props) {
  const share = most > 0 ? Math.min(1, Math.max(0, value / most)) : 0;
  return (
    // biome-ignore lint/a11y/useSemanticElements: browsers draw <meter> in ways that no style undoes
    <div
      className={styles.meter}
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={most}
      aria-valuenow={Math.min(value, most)}
    >
      <div className={styles.share} style={{ width: `${100 * share}%` }} />
    </div>
  );
}
