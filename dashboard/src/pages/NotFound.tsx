import { Link } from "@tanstack/react-router";
import { Compass } from "lucide-react";
import { Empty } from "../components/Empty";
import { useTitle } from "../lib/title";

/** Any address that has no page. */
export function NotFound() {
  useTitle("Not found");
  return (
    <Empty icon={Compass} title="There is no page at this address">
      <p>
        It may have been mistyped. The <Link to="/">overview</Link> leads to everything.
      </p>
    </Empty>
  );
}
