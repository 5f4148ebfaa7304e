import { Dialog as Base } from "@base-ui/react/dialog";
import type { ReactNode } from "react";
import { Button } from "./Button";
import styles from "./Confirm.module.css";

interface Props {
  title: string;
  onClose: () => void;
  children: ReactNode;
}

/** Something to look at and to set, before the page goes on; open as long as it is there. */
export function Dialog({ title, onClose, children }: Props) {
  return (
    <Base.Root open onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={styles.veil} />
        <Base.Popup className={styles.popup}>
          <Base.Title className={styles.title}>{title}</Base.Title>
          {children}
          <div className={styles.buttons}>
            <Base.Close render={<Button>Close</Button>} />
          </div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
