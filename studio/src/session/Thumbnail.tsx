import { isGone } from "../api/answers";
import type { Session } from "../state/session";
import { useThumbnail } from "./queries";
import { ageText } from "./thumbnail";

/** The source on air as MediaLive gets it: before levels, overlays and what makes the preview late. */
export function Thumbnail({ session, now }: { session: Session; now: number }) {
  const { data: picture, error } = useThumbnail(session);
  return (
    <figure className="thumbnail">
      {picture && !isGone(error) ? (
        <>
          <img src={`data:${picture.content_type};base64,${picture.body}`} alt={`What ${picture.source} sends`} />
          <figcaption>as MediaLive got it {ageText(picture.at, now)}</figcaption>
        </>
      ) : (
        <>
          <div className="thumbnail-none" />
          <figcaption>
            {isGone(error) ? "MediaLive has no picture of it now" : "its picture is being asked for…"}
          </figcaption>
        </>
      )}
    </figure>
  );
}
