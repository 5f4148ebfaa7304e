import type { ErrorComponentProps } from "@tanstack/react-router";
import { Bug } from "lucide-react";
import { Button } from "../components/Button";
import { Empty } from "../components/Empty";

/** Stands in for a page whose own code failed. */
export function Broken({ error }: ErrorComponentProps) {
  return (
    <Empty icon={Bug} title="This page cannot be shown">
      <p>{error instanceof Error ? error.message : String(error)}</p>
      <p>
        That is a fault of the dashboard, not of the tasks. After an upgrade of the coordinator,
        loading the page anew is enough.
      </p>
      <Button look="primary" onClick={() => window.location.reload()}>
        Load it anew
      </Button>
    </Empty>
  );
}
