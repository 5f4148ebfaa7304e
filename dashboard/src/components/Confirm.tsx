import { AlertDialog } from "@base-ui/react/alert-dialog";
import type { ReactElement, ReactNode } from "react";
import { Button } from "./Button";
import styles from "./Confirm.module.css";

interface Props {
  /** The button that asks first; without one, `open` says when to ask. */
  trigger?: ReactElement;
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  title: string;
  /** What will happen, and what will not. */
  children: ReactNode;
  /** The verb on the button that does it. */
  action: string;
  look?: "danger" | "primary";
  disabled?: boolean;
  onConfirm: () => void;
}

/** Asks before something is done that cannot simply be undone. */
export function Confirm({ trigger, title, children, action, look = "danger", ...rest }: Props) {
  const { open, onOpenChange, disabled, onConfirm } = rest;
  return (
    <AlertDialog.Root
      {...(open === undefined ? {} : { open })}
      {...(onOpenChange ? { onOpenChange: (value: boolean) => onOpenChange(value) } : {})}
    >
      {trigger && <AlertDialog.Trigger render={trigger} />}
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className={styles.veil} />
        <AlertDialog.Popup className={styles.popup}>
          <AlertDialog.Title className={styles.title}>{title}</AlertDialog.Title>
          <AlertDialog.Description className={styles.text} render={<div />}>
            {children}
          </AlertDialog.Description>
          <div className={styles.buttons}>
            <AlertDialog.Close render={<Button>Keep as it is</Button>} />
            <AlertDialog.Close
              disabled={disabled}
              onClick={onConfirm}
              render={<Button look={look}>{action}</Button>}
            />
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
