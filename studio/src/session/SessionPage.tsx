import { explain, isGone } from "../api/answers";
import { useNow, useTitle } from "../hooks";
import { Link } from "../router";
import { staleFor } from "../state/polling";
import { useSession } from "../state/session";
import { Head } from "./Head";
import { Show } from "./Show";

/** A session, and all that can be done with it. */
export function SessionPage({ id }: { id: string }) {
  const { data: seen, error, dataUpdatedAt } = useSession(id);
  const now = useNow();
  useTitle(seen?.session.title || id);
  if (isGone(error))
    return (
      <p role="status">
        There is no session {id}, or not any more. <Link to="/">Your sessions</Link>
      </p>
    );
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
