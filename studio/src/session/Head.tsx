import { useEffect, useRef, useState, type ReactNode } from "react";
import { api } from "../api/client";
import { Button } from "../Button";
import type { Session } from "../state/session";
import { Time } from "../Time";
import { ProblemNote, useAct } from "../state/act";
import { raiseOf } from "./cost";
import { extendable } from "./deadlines";
import { STATES, told } from "./states";
import { SLATE } from "./switching";
import { useWarningSound, Warnings } from "./Warnings";
import { clockOf } from "./windows";

const HOLD = 1000; // ms for which stop is held down
const MORE = 1800; // seconds

/**
 * How the show stands, and the buttons that begin and end it. What is to be seen and pressed at once stays in sight, and
 * `notes` with it.
 */
export function Head({ session, now, notes }: { session: Session; now: number; notes: ReactNode }) {
  // Each on its own: whatever else is on its way, panic and stop are not kept waiting.
  const begin = useAct(session.id);
  const more = useAct(session.id);
  const out = useAct(session.id);
  const end = useAct(session.id);
  const { state } = session;
  const [hold, setHold] = useState(true);
  const [isHeard, hear] = useWarningSound();
  const path = { session_id: session.id };
  const start = () =>
    begin.act((header) =>
      api.POST("/sessions/{session_id}/streaming/start", { params: { path, header }, body: { hold } }),
    );
  const prepare = () =>
    begin.act((header) => api.POST("/sessions/{session_id}/streaming/prepare", { params: { path, header }, body: {} }));
  const stop = () =>
    end.act((header) => api.POST("/sessions/{session_id}/streaming/stop", { params: { path, header }, body: {} }));
  const panic = () =>
    out.act((header) => api.POST("/sessions/{session_id}/panic", { params: { path, header }, body: {} }));
  const ends = extendable(session);
  const budgets = session.warnings.filter((each) => each.kind === "budget").map((each) => each.message);
  const extend = (body: { seconds: number } | { dollars: number }) =>
    more.act(
      (header) => api.POST("/sessions/{session_id}/extend", { params: { path, header }, body }),
      JSON.stringify([body, ends, budgets]),
    );
  const { runs, text, tone } = STATES[state];
  const canStart = !runs || session.step?.name === "WaitStart";
  const raise = raiseOf(session);
  const canPanic = runs && state !== "stopping";

  return (
    <>
      <div className="title">
        <h1>{session.title || session.id}</h1>
        {session.viewers !== null && <span>{session.viewers} watching</span>}
        {session.health && session.health !== "UNKNOWN" && <span>stream {session.health.toLowerCase()}</span>}
      </div>
      <section className="panel watch" aria-label="The show">
        <div className="title">
          <span className="badge state" data-tone={tone} data-testid="state" role="status">
            {state === "live" && session.on_air === SLATE ? "live, on hold" : text}
          </span>
          {session.live_at && state === "live" && (
            <span>
              since <Time at={session.live_at} />, {since(session.live_at, now)}
            </span>
          )}
        </div>
        <div className="buttons">
          {!runs && (
            <Button disabled={begin.busy} onClick={() => void prepare()}>
              Prepare
            </Button>
          )}
          {canStart && (
            <Button className="primary" disabled={begin.busy} onClick={() => void start()}>
              Go live{hold ? ", on hold" : ""}
            </Button>
          )}
          {canStart && (
            <label
              className="check"
              title={`Without it the show is live as soon as '${session.sources[0]?.name}' sends`}
            >
              <input type="checkbox" checked={hold} onChange={(event) => setHold(event.target.checked)} />
              the slate first
            </label>
          )}
          {canPanic && (
            <Button className="danger" aria-keyshortcuts="P" disabled={out.busy} onClick={() => void panic()}>
              Panic: the slate (P)
            </Button>
          )}
          {canPanic && <HoldToStop isBusy={end.busy} onStop={() => void stop()} />}
        </div>
        {notes}
        <Warnings warnings={session.warnings} deadlines={session.deadlines} isHeard={isHeard} />
        <ProblemNote problem={begin.problem} />
        <ProblemNote problem={more.problem} />
        <ProblemNote problem={out.problem} />
        <ProblemNote problem={end.problem} />
      </section>
      <div className="about">
        <p>{told(session)}</p>
        {session.step && state !== "live" && (
          <p className="hint">
            {session.step.message} For {since(session.step.since, now)}.
          </p>
        )}
        {session.ends_at && (
          <p className="hint">
            It ends at <Time at={session.ends_at} /> at the latest.
          </p>
        )}
        {ends && (
          <Button disabled={more.busy} onClick={() => void extend({ seconds: MORE })}>
            30 minutes more
          </Button>
        )}
        {canPanic && raise > 0 && (
          <Button disabled={more.busy} onClick={() => void extend({ dollars: raise })}>
            ${raise} more
          </Button>
        )}
        <label className="check hint">
          <input type="checkbox" checked={isHeard} onChange={(event) => hear(event.target.checked)} />A sound with each
          new warning
        </label>
      </div>
    </>
  );
}

/** Held down for a second, by pointer or key, so that nobody ends a show by a slip. */
function HoldToStop({ isBusy, onStop }: { isBusy: boolean; onStop: () => void }) {
  const [isHeld, setIsHeld] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const hold = () => {
    if (isBusy || isHeld) return;
    setIsHeld(true);
    timer.current = setTimeout(() => {
      setIsHeld(false);
      onStop();
    }, HOLD);
  };
  const release = () => {
    clearTimeout(timer.current);
    setIsHeld(false);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <button
      type="button"
      className="hold"
      data-held={isHeld}
      aria-disabled={isBusy}
      onPointerDown={hold}
      onPointerUp={release}
      onPointerLeave={release}
      onKeyDown={(event) => (event.key === " " || event.key === "Enter") && !event.repeat && hold()}
      onKeyUp={release}
      onBlur={release}
    >
      {isHeld ? "Hold…" : "Stop: hold down"}
    </button>
  );
}

function since(at: string, now: number): string {
  return clockOf(Math.max(0, now - new Date(at).getTime()) / 1000);
}
