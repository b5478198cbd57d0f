import { useEffect, useState } from "react";
import { explain } from "../api/answers";
import { staleFor } from "../state/polling";
import { useSession } from "../state/session";
import { Head } from "./Head";
import { Show } from "./Show";

/** A session, and all that can be done with it. */
export function SessionPage({ id }: { id: string }) {
  const { data: seen, error, dataUpdatedAt } = useSession(id);
  const now = useTick(1000);
  const title = seen?.session.title || id;
  useEffect(() => {
    document.title = `${title} – Showrunner`;
    return () => {
      document.title = "Showrunner";
    };
  }, [title]);
  if (!seen)
    return error ? <p className="problem">{explain(error)}</p> : <p role="status">The session is being read…</p>;
  const stale = staleFor(dataUpdatedAt, now, document.hidden);
  return (
    <>
      {stale !== null && (
        <p className="warning" role="status">
          What you see is {stale} s old: {error ? explain(error) : "the API has not answered since."}
        </p>
      )}
      <Head session={seen.session} now={now} />
      <Show session={seen.session} entries={seen.entries} now={now} />
    </>
  );
}

function useTick(every: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const tick = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(tick);
  }, [every]);
  return now;
}
