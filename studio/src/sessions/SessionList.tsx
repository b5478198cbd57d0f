import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { data } from "../api/answers";
import { api } from "../api/client";
import { Button } from "../Button";
import { Failure } from "../Failure";
import { Link, sessionPath } from "../router";
import { STATES, told } from "../session/states";
import { useAsked } from "../state/asking";
import { Stale } from "../state/Stale";
import { Time } from "../Time";
import { NewSession } from "./NewSession";
import { isMeant, ordered } from "./order";

const LOOK = 5000;

/** The caller's sessions, those that run first. */
export function SessionList() {
  const [isNew, setIsNew] = useState(false);
  const [text, setText] = useState("");
  const running = useAsked({
    queryKey: ["sessions", "running"],
    queryFn: () => data(api.GET("/sessions", { params: { query: { running: true } } })),
    refetchInterval: LOOK,
  });
  const {
    data: pages,
    error,
    dataUpdatedAt,
    hasNextPage,
    fetchNextPage,
    isFetchingNextPage,
  } = useInfiniteQuery({
    queryKey: ["sessions", "pages"],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => data(api.GET("/sessions", { params: { query: { limit: 50, cursor: pageParam } } })),
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: LOOK,
  });
  const read = (pages?.pages ?? []).flatMap((page) => page.sessions);
  const sessions = ordered(running.data?.sessions ?? [], read);
  const wanted = sessions.filter((each) => isMeant(each, text));
  return (
    <>
      <div className="title">
        <h1>Sessions</h1>
        <button type="button" className="primary" aria-expanded={isNew} onClick={() => setIsNew(!isNew)}>
          New session
        </button>
      </div>
      {isNew && <NewSession />}
      {pages && running.data ? (
        <Stale
          answeredAt={Math.min(dataUpdatedAt, running.dataUpdatedAt)}
          error={error ?? running.error}
          every={LOOK}
        />
      ) : (
        <Failure error={error ?? running.error} />
      )}
      {pages && sessions.length === 0 && (
        <p className="hint">You have no sessions yet. Press New session: its settings may stay as they are.</p>
      )}
      {sessions.length > 0 && (
        <label className="find">
          Find
          <input type="search" value={text} onChange={(event) => setText(event.target.value)} />
        </label>
      )}
      {sessions.length > 0 && wanted.length === 0 && (
        <p className="hint">No session that is shown has that in its title, id or state.</p>
      )}
      <ul className="session-list">
        {wanted.map((session) => (
          <li key={session.id} className="panel">
            <Link to={sessionPath(session.id)}>{session.title || session.id}</Link>
            <span className="badge" data-tone={STATES[session.state].tone}>
              {STATES[session.state].text}
            </span>
            <span className="hint">{told(session)}</span>
            <span className="hint">
              <Time at={session.state_at} />
            </span>
          </li>
        ))}
      </ul>
      {hasNextPage && (
        <Button disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          Show more
        </Button>
      )}
    </>
  );
}
