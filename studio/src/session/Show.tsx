import { useCallback, useRef } from "react";
import { Apart } from "../Boundary";
import type { Entry, Session } from "../state/session";
import { Cost } from "./Cost";
import { Delete } from "./Delete";
import { Ingest } from "./Ingest";
import { Levels } from "./Levels";
import { Overlay } from "./Overlay";
import "./panels.css";
import { Preview } from "./Preview";
import { Recordings } from "./Recordings";
import { Sources } from "./Sources";
import { Timeline } from "./Timeline";
import { Tracklist } from "./Tracklist";

/** All that a show is run with. */
export function Show({ session, entries, now }: { session: Session; entries: Entry[]; now: number }) {
  const lag = useRef<number | null>(null);
  const onLag = useCallback((latest: number | null) => {
    lag.current = latest;
  }, []);
  const lagNow = useCallback(() => lag.current, []);
  return (
    <>
      <div className="show">
        <Apart>
          <Preview session={session} onLag={onLag} />
          <Sources session={session} now={now} />
        </Apart>
      </div>
      <div className="show">
        <div className="show-column">
          <Apart>
            <Tracklist session={session} />
            <Overlay session={session} />
            <Timeline id={session.id} entries={entries} />
          </Apart>
        </div>
        <div className="show-column">
          <Apart>
            <Recordings session={session} lag={lagNow} />
            <Levels session={session} />
            <Ingest session={session} />
            <Cost session={session} now={now} />
            <Delete session={session} />
          </Apart>
        </div>
      </div>
    </>
  );
}
