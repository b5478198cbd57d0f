import { isGone } from "../api/answers";
import { Boundary } from "../Boundary";
import { Failure } from "../Failure";
import { useNow, useTitle } from "../hooks";
import { Link } from "../router";
import { useSession } from "../state/session";
import { Stale } from "../state/Stale";
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
  if (!seen) return error ? <Failure error={error} /> : <p role="status">The session is being read…</p>;
  return (
    <>
      <Boundary>
        <Head session={seen.session} now={now} notes={<Stale answeredAt={dataUpdatedAt} error={error} />} />
      </Boundary>
      <Show session={seen.session} entries={seen.entries} now={now} />
    </>
  );
}
