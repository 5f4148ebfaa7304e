import type { Moment } from "../api/types";
import { distance, fullMoment, moment, planned } from "../lib/format";
import { useNow } from "../lib/now";

interface Props {
  at: Moment | undefined;
  /** The time of day instead of how long ago; of what is planned, in short. */
  exact?: boolean | "planned";
}

/** A moment: how long ago it was, and everything about it for those who point at it. */
export function When({ at, exact }: Props) {
  if (!at) return <span aria-hidden>–</span>;
  const then = new Date(at);
  return (
    <time dateTime={at} title={fullMoment(then)}>
      {exact ? (exact === "planned" ? planned : moment)(then, new Date()) : <Ago then={then} />}
    </time>
  );
}

/** The only part that changes each second. */
function Ago({ then }: { then: Date }) {
  const now = useNow();
  return distance(now.getTime() - then.getTime());
}
