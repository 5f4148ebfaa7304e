import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import styles from "./Empty.module.css";

interface Props {
  icon: LucideIcon;
  title: string;
  /** What to do next. */
  children?: ReactNode;
}

/** Stands where there is nothing to show, and says what to do about it. */
export function Empty({ icon: Icon, title, children }: Props) {
  return (
    <div className={styles.empty}>
      <Icon aria-hidden className={styles.icon} size={22} strokeWidth={1.6} />
      <p className={styles.title}>{title}</p>
      {children && <div className={styles.advice}>{children}</div>}
    </div>
  );
}
