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
      <div className={styles.words}>
        <h1>{title}</h1>
        {about && <div className={styles.about}>{about}</div>}
      </div>
      {children && <div className={styles.actions}>{children}</div>}
    </header>
  );
}
