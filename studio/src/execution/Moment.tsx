import { Time } from "../Time";
import { moment, offset } from "./time";

/** A moment, and how long after the start it was. */
export function Moment({ at, start, ofMany }: { at: string; start?: string; ofMany?: boolean }) {
  return (
    <span className="moment">
      <Time at={at} ofMany={ofMany} />
      {start && <span className="offset"> +{offset(moment(at) - moment(start), 100)}</span>}
    </span>
  );
}
