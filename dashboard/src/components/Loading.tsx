import styles from "./Loading.module.css";

/** Stands where something is about to be shown for the first time. */
export function Loading() {
  return <p className={styles.loading}>Loading …</p>;
}
