import type { ReactNode } from "react";
import styles from "./PageHead.module.css";

interface Props {
  title: ReactNode;
  /** A line below the title. */
  about?: ReactNode;
  /** What can be done with the whole page. */
  children?: ReactNode;
}

/** A page's title and its actions. */
export function PageHead({ title, about, children }: Props) {
  return (
    <header className={styles.head}>
      <h1 className={styles.title}>{title}</h1>
      {children && <div className={styles.actions}>{children}</div>}
      {about && <div className={styles.about}>{about}</div>}
    </header>
  );
}
