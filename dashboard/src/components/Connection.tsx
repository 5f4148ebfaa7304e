import { lastSign, useLive } from "../api/live";
import { useOverview } from "../api/overview";
import { moment } from "../lib/format";
import { useNow } from "../lib/now";
import styles from "./Connection.module.css";

/** Milliseconds without an answer after which nobody should believe that one comes every 2 s. */
const STALE_AFTER = 8_000;

/** Says whether what the page shows is current, and since when it is not. */
export function Connection() {
  const line = useLive();
  const { dataUpdatedAt, errorUpdatedAt, isPending } = useOverview();
  const now = useNow();
  const failing = errorUpdatedAt > dataUpdatedAt;
  const silent = Date.now() - Math.max(dataUpdatedAt, lastSign()) > STALE_AFTER;
  const shown = dataUpdatedAt ? `. Shown: ${moment(new Date(dataUpdatedAt), now)}` : "";
  const [look, words] =
    line === "away"
      ? ["lost", `Redis does not answer${shown}`]
      : failing
        ? ["lost", `Disconnected${shown}`]
        : isPending || line === "connecting"
          ? ["connecting", "Connecting"]
          : line === "live"
            ? ["live", "Live"]
            : silent
              ? ["lost", `No answer${shown}`]
              : ["polling", "Every 2 s"];
  return (
    <p className={styles.line} data-look={look} role="status" data-testid="connection">
      <span aria-hidden className={styles.dot} />
      <span className={styles.words}>{words}</span>
    </p>
  );
}
