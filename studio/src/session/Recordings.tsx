import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { data } from "../api/answers";
import { api } from "../api/client";
import { Button } from "../Button";
import { useNow } from "../hooks";
import type { components } from "../api/schema";
import { Failure } from "../Failure";
import { untilAnswered, useAsked } from "../state/asking";
import type { Session } from "../state/session";
import { ProblemNote, useAct } from "../state/act";
import { Time } from "../Time";
import { useRecordings } from "./queries";
import { clockOf, freeName, NAME, runningFor, secondsBack, sizeOf, standing, whyNot } from "./windows";

type Recording = components["schemas"]["RecordingView"];
type Open = components["schemas"]["OpenRecording"];

const FRESH = 600_000; // ms for which a film's address is used; it holds for 15 minutes

/** The record button, the windows that are open, and what was recorded. `lag`: the preview's, in ms. */
export function Recordings({ session, lag }: { session: Session; lag: () => number | null }) {
  const beginning = useAct(session.id);
  const ending = useAct(session.id);
  const { data: recordings, error } = useRecordings(session);
  const path = { session_id: session.id };
  const stop = ({ id, name }: Open) =>
    ending.act(
      (header) => api.POST("/sessions/{session_id}/recording/stop", { params: { path, header }, body: { name } }),
      id,
    );
  const start = (name: string, since: number) =>
    beginning.act(
      (header) =>
        api.POST("/sessions/{session_id}/recording/start", { params: { path, header }, body: { name, since } }),
      JSON.stringify([name, since, session.open_recordings.map((each) => each.id)]),
    );
  const over = recordings?.filter((each) => each.state !== "open" && each.state !== "armed").reverse();
  return (
    <section className="panel" aria-labelledby="recordings-title">
      <h2 id="recordings-title">Recordings</h2>
      <Record session={session} lag={lag} isIdle={beginning.busy} onStart={start} />
      <Running session={session} isIdle={ending.busy} onStop={stop} />
      <ProblemNote problem={beginning.problem} />
      <ProblemNote problem={ending.problem} />
      <Failure error={error} />
      {over?.length === 0 && (
        <p className="hint">
          Nothing was recorded yet. A recording appears here when it is stopped, and can be played.
        </p>
      )}
      <ul className="recordings">
        {over?.map((each) => (
          <Row key={each.id} recording={each} />
        ))}
      </ul>
    </section>
  );
}

function Record(props: {
  session: Session;
  lag: () => number | null;
  isIdle: boolean;
  onStart: (name: string, since: number) => Promise<unknown>;
}) {
  const { session, lag, isIdle, onStart } = props;
  const [wanted, setWanted] = useState<string | null>(null); // a name that a person gave
  const [isBack, setIsBack] = useState(true);
  const [back, setBack] = useState<number | null>(null); // seconds that a person gave
  const late = useLagSeconds(lag);
  const seconds = back ?? late;
  const name = wanted ?? freeName(session.open_recordings);
  const why = whyNot(session);
  const isTaken = session.open_recordings.some((each) => each.name === name);
  const wrong = !NAME.test(name)
    ? "Up to 31 of a-z, 0-9, '-' and '_', a letter or digit first."
    : isTaken
      ? "A recording of this name runs. Give another one."
      : null;
  if (why) return <p className="hint">{why}</p>;
  return (
    <form
      className="record"
      onSubmit={(event) => {
        event.preventDefault();
        if (wrong) return;
        void onStart(name, isBack && session.state === "live" ? seconds : 0).then(
          (answer) => answer && setWanted(null),
        );
      }}
    >
      <Button type="submit" className="record-button" aria-keyshortcuts="R" disabled={isIdle || wrong !== null}>
        <span className="record-dot" aria-hidden="true" />
        Record
      </Button>
      <label className="check">
        <input type="checkbox" checked={isBack} onChange={(event) => setIsBack(event.target.checked)} />
        Include the last
        <input
          type="number"
          className="seconds"
          aria-label="Seconds to include"
          min={1}
          max={86400}
          value={seconds}
          disabled={!isBack}
          onChange={(event) => setBack(Math.max(1, Math.min(86400, Math.round(Number(event.target.value)) || 1)))}
        />
        s
      </label>
      <label className="inline">
        Name
        <input
          value={name}
          maxLength={31}
          aria-invalid={wrong !== null}
          onChange={(event) => setWanted(event.target.value)}
        />
      </label>
      {wrong && <p className="wrong">{wrong}</p>}
    </form>
  );
}

/** Whole seconds to reach back by, as late as the preview is. */
function useLagSeconds(lag: () => number | null): number {
  const [seconds, setSeconds] = useState(() => secondsBack(lag()));
  useEffect(() => {
    const look = setInterval(() => setSeconds(secondsBack(lag())), 1000);
    return () => clearInterval(look);
  }, [lag]);
  return seconds;
}

function Running(props: { session: Session; isIdle: boolean; onStop: (open: Open) => Promise<unknown> }) {
  const { session, isIdle, onStop } = props;
  const now = useNow(session.open_recordings.length > 0, 500);
  if (session.open_recordings.length === 0) return null;
  return (
    <ul className="running">
      {session.open_recordings.map((each) => {
        const seconds = runningFor(each, now);
        return (
          <li key={each.id}>
            <span className="record-dot" data-on={seconds !== null} aria-hidden="true" />
            <b>{each.name}</b>
            <span className="running-time">
              {seconds === null ? "begins with the first picture" : clockOf(seconds)}
            </span>
            <Button disabled={isIdle} aria-label={`Stop ${each.name}`} onClick={() => void onStop(each)}>
              Stop
            </Button>
          </li>
        );
      })}
    </ul>
  );
}

function Row({ recording }: { recording: Recording }) {
  const { act, busy, problem } = useAct(recording.session_id);
  const [isOpen, setIsOpen] = useState(false);
  const [isAsking, setIsAsking] = useState(false);
  const path = { recording_id: recording.id };
  const again = () =>
    act((header) => api.POST("/recordings/{recording_id}/publish", { params: { path, header }, body: {} }));
  const save = async () => {
    const fresh = await act(() => api.GET("/recordings/{recording_id}", { params: { path } }));
    if (fresh?.film) download(fresh.film.url);
  };
  const remove = () => act(() => api.DELETE("/recordings/{recording_id}", { params: { path } }));
  const { label, tone, advice, canRetry } = standing(recording);
  const { film } = recording;
  return (
    <li className="recording" data-id={recording.id}>
      <div className="recording-head">
        <b>{recording.name}</b>
        <span className="badge" data-tone={tone} role="status">
          {label}
        </span>
        {recording.start && <Time at={recording.start} />}
        {recording.seconds !== null && <span>{clockOf(recording.seconds)}</span>}
        {film && <span>{sizeOf(film.size)}</span>}
      </div>
      {advice && <p className="hint">{advice}</p>}
      <div className="buttons">
        {film && (
          <button
            type="button"
            className="small"
            aria-expanded={isOpen}
            aria-label={`${isOpen ? "Close" : "Play"} recording ${recording.name}`}
            onClick={() => setIsOpen(!isOpen)}
          >
            {isOpen ? "Close" : "Play"}
          </button>
        )}
        {film && (
          <button
            type="button"
            className="small"
            aria-label={`Download recording ${recording.name}`}
            onClick={() => void save()}
          >
            Download
          </button>
        )}
        {canRetry && (
          <Button className="small" disabled={busy} onClick={() => void again()}>
            Try again
          </Button>
        )}
        {isAsking ? (
          <span className="confirm" role="group" aria-label={`Delete recording ${recording.name}`}>
            Delete for good?
            <Button className="small danger" disabled={busy} autoFocus onClick={() => void remove()}>
              Delete
            </Button>
            <button type="button" className="small" onClick={() => setIsAsking(false)}>
              Keep
            </button>
          </span>
        ) : (
          <button type="button" className="small" onClick={() => setIsAsking(true)}>
            Delete…
          </button>
        )}
      </div>
      {isOpen && film && <Film id={recording.id} />}
      <ProblemNote problem={problem} />
    </li>
  );
}

/** S3 answers with a name for the file, so the browser keeps it, and the page stays. */
function download(url: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = "";
  link.click();
}

/** Plays the MP4; its address is asked for anew, as it holds for a quarter of an hour only. */
function Film({ id }: { id: string }) {
  const client = useQueryClient();
  const queryKey = ["recording", id];
  const { data: recording, error } = useAsked({
    queryKey,
    queryFn: () => data(api.GET("/recordings/{recording_id}", { params: { path: { recording_id: id } } })),
    staleTime: FRESH,
    refetchInterval: untilAnswered,
    refetchOnWindowFocus: false,
  });
  const film = recording?.film;
  if (!film) return error ? <Failure error={error} /> : <p className="hint">Its address is asked for…</p>;
  return (
    <video
      className="film"
      src={film.url}
      poster={film.picture_url}
      controls
      autoPlay
      playsInline
      aria-label={`Recording ${id}`}
      onError={() => Date.now() > new Date(film.expires_at).getTime() && void client.invalidateQueries({ queryKey })}
    />
  );
}
