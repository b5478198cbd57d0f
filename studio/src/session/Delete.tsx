import { useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { api } from "../api/client";
import { Button } from "../Button";
import { Failure } from "../Failure";
import { go } from "../router";
import { ProblemNote, useAct } from "../state/act";
import type { Session } from "../state/session";
import { useRecordings } from "./queries";
import { STATES } from "./states";

const GONE = 404; // it is deleted already: by an answer that was lost, or in another tab

/** Deletes a session that rests, once it was said what goes and what stays. */
export function Delete({ session }: { session: Session }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const client = useQueryClient();
  const { act, busy, problem } = useAct("");
  const { runs } = STATES[session.state];
  const path = { session_id: session.id };
  const remove = async () => {
    const gone = await act<unknown>(async () => {
      const answer = await api.DELETE("/sessions/{session_id}", { params: { path } });
      return answer.response.status === GONE ? { ...answer, data: true } : answer;
    });
    if (!gone) return;
    go("/");
    client.removeQueries({ queryKey: ["session", session.id] });
  };
  return (
    <section className="panel" aria-labelledby="delete-title">
      <h2 id="delete-title">Delete</h2>
      {runs && <p className="hint">This session runs. Stop it; when it has ended, it can be deleted.</p>}
      <Button disabled={runs} onClick={() => dialog.current?.showModal()}>
        Delete this session…
      </Button>
      <dialog ref={dialog} aria-labelledby="delete-question" className="sheet question">
        <h2 id="delete-question">Delete “{session.title || session.id}”?</h2>
        <p>It goes from all lists for good, with its settings, its tracklist and its timeline.</p>
        <Stays session={session} />
        {runs && <p className="wrong">It runs by now. Stop it first.</p>}
        <ProblemNote problem={problem} />
        <form method="dialog" className="buttons">
          <Button className="danger" disabled={busy || runs} onClick={() => void remove()}>
            Delete
          </Button>
          <button type="submit" autoFocus>
            Don't
          </button>
        </form>
      </dialog>
    </section>
  );
}

function Stays({ session }: { session: Session }) {
  const { data: recordings = [], error } = useRecordings(session);
  const published = recordings.filter((each) => each.state === "published");
  return (
    <>
      <Failure error={error} />
      <p>
        Your tracks and images stay.
        {published.length > 0 && (
          <>
            {" "}
            So does what was recorded, though no page shows it then:{" "}
            <code>{published.map((each) => each.id).join(", ")}</code>. Download it here before, or by{" "}
            <code>showrunner record download</code> later.
          </>
        )}
      </p>
    </>
  );
}
