import { Time } from "../Time";
import { moment, offset } from "./time";

/** A moment, and how long after the start it was. */
export function Moment({ at, start }: { at: string; start?: string }) {
  return (
    <span className="moment">
      <Time at={at} />
      {start && <span className="offset"> +{offset(moment(at) - moment(start), 100)}</span>}
    </span>
  );
}
