import { Toast } from "@base-ui/react/toast";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "./Button";
import styles from "./Toasts.module.css";

/** Lets everything within say briefly what came of an action. */
export function Toasts({ children }: { children: ReactNode }) {
  return (
    <Toast.Provider timeout={6000}>
      {children}
      <Toast.Portal>
        <Toast.Viewport className={styles.viewport}>
          <List />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function List() {
  const { toasts } = Toast.useToastManager();
  return toasts.map((toast) => (
    <Toast.Root key={toast.id} toast={toast} className={styles.toast} data-kind={toast.type}>
      <Toast.Content className={styles.content}>
        <div>
          <Toast.Title className={styles.title} render={<p />} />
          <Toast.Description className={styles.description} />
        </div>
        <Toast.Close render={<Button look="quiet" icon={X} iconOnly />}>Dismiss</Toast.Close>
      </Toast.Content>
    </Toast.Root>
  ));
}

/** Ways to say what came of an action. */
export function useToasts() {
  const manager = Toast.useToastManager();
  return {
    done: (title: string, description = "") => manager.add({ title, description, type: "done" }),
    failed: (title: string, description = "") =>
      manager.add({ title, description, type: "failed", priority: "high", timeout: 12_000 }),
  };
}
