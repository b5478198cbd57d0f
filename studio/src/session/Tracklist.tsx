import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import { api } from "../api/client";
import type { components } from "../api/schema";
import { Button } from "../Button";
import { Failure } from "../Failure";
import type { Session } from "../state/session";
import { ProblemNote, useAct } from "../state/act";
import { Time } from "../Time";
import { tracklistKey, useLibrary, useTracklist } from "./queries";
import { canSwitch, onTopOf, SLATE } from "./switching";
import { canMove, MOST_TRACKS, moved, rowsOf, trackNote, without, type Row } from "./trackorder";
import { Uploads } from "./Uploads";
import { useUploads } from "./useUploads";
import { clockOf } from "./windows";

type View = components["schemas"]["TracklistView"];

/** The tracks in their order: play, next, cue, and edits that count from the end of a track on. */
export function Tracklist({ session }: { session: Session }) {
  const source = session.sources.find((each) => each.type === "MP4_FILE");
  const { data: view, error } = useTracklist(session);
  return (
    <section className="panel" aria-labelledby="tracklist-title">
      <h2 id="tracklist-title">Tracklist</h2>
      {!source && (
        <p className="hint">This session plays no tracks. Create one with a tracklist, and they are listed here.</p>
      )}
      {source && <Failure error={error} />}
      {source && view && <List session={session} source={source.name} view={view} />}
    </section>
  );
}

function List({ session, source, view }: { session: Session; source: string; view: View }) {
  const taking = useAct(session.id);
  const cueing = useAct(session.id);
  const { act: edit, busy, problem } = useAct(session.id);
  const list = useRef<HTMLOListElement>(null);
  const [focusAt, setFocusAt] = useState<number | null>(null);
  const [isAdding, setIsAdding] = useState(false);
  const path = { session_id: session.id };
  const items = view.tracks.map((each) => each.id);
  const client = useQueryClient();
  const { arrived, settle, ...uploads } = useUploads(`tracks of ${session.id}`, "track");
  const missing = arrived.filter((each) => !items.includes(each));
  const [isTried, setIsTried] = useState(false); // to put them into the list; after that a person says when again
  const { rows, kept } = rowsOf(view);
  const can = canSwitch(session);
  const isPlaying = session.on_air_item !== null;

  useEffect(() => {
    if (focusAt === null || busy) return;
    list.current?.querySelector<HTMLElement>(`[data-position="${focusAt}"] .track-handle`)?.focus();
    setFocusAt(null);
  }, [focusAt, busy]);

  const put = async (wanted: string[], fallback = view.fallback) => {
    const body = { items: wanted.slice(0, MOST_TRACKS), fallback, version: view.version };
    const answer = await edit(() => api.PUT("/sessions/{session_id}/tracklist", { params: { path }, body }));
    if (answer) client.setQueryData(tracklistKey(session), answer);
    return answer;
  };
  const play = (position: number) =>
    taking.act(
      (header) => api.POST("/sessions/{session_id}/tracklist/play", { params: { path, header }, body: { position } }),
      onTopOf(session, position),
    );
  const press = (button: "next" | "stop") =>
    taking.act(
      (header) => api.POST(`/sessions/{session_id}/tracklist/${button}`, { params: { path, header }, body: {} }),
      onTopOf(session, button),
    );
  const cue = (item: string | null) =>
    cueing.act(() =>
      api.PUT("/sessions/{session_id}/cue", { params: { path }, body: item ? { source, item } : { source: null } }),
    );
  const move = async (from: number, to: number) => {
    if (busy || !canMove(rows, from, to)) return;
    if (await put(moved(items, from, to))) setFocusAt(to);
  };

  useEffect(() => settle(arrived.filter((each) => items.includes(each))));
  useEffect(() => setIsTried(false), [arrived]);
  useEffect(() => {
    if (missing.length === 0 || items.length >= MOST_TRACKS || isTried || busy) return;
    setIsTried(true);
    void put([...items, ...missing]);
  });

  return (
    <>
      <div className="buttons">
        <Button className="primary" disabled={!can || taking.busy || rows.length === 0} onClick={() => play(0)}>
          {isPlaying ? "Play from the first" : "Play"}
        </Button>
        <Button disabled={!can || taking.busy || !isPlaying} onClick={() => press("next")}>
          Next
        </Button>
        <Button disabled={!can || taking.busy || !isPlaying} onClick={() => press("stop")}>
          Stop, to {view.fallback}
        </Button>
        <button type="button" aria-expanded={isAdding} onClick={() => setIsAdding(!isAdding)}>
          Add tracks
        </button>
      </div>
      {isAdding && (
        <Add
          isFull={items.length >= MOST_TRACKS}
          isIdle={busy}
          uploads={uploads}
          onAdd={(id) => void put([...items, id])}
        />
      )}
      {rows.length === 0 ? (
        <p className="hint">The list is empty. Press Add tracks, and choose from your library or send an MP4.</p>
      ) : (
        <ol className="tracks" ref={list}>
          {rows.map((row) => (
            <TrackRow
              key={`${row.position} ${row.id}`}
              row={row}
              count={rows.length}
              until={row.isOnAir ? view.ends_at : null}
              isCued={session.cued?.item === row.id}
              isPending={session.switches.some((each) => each.item === row.id && !each.at && !each.after)}
              canPlay={can && !taking.busy}
              canCue={can && !cueing.busy}
              canEdit={!busy}
              onMove={(to) => void move(row.position, to)}
              onPlay={() => play(row.position)}
              onCue={(isCued) => cue(isCued ? null : row.id)}
              onRemove={() => put(without(items, row.position))}
            />
          ))}
        </ol>
      )}
      {kept.length > 0 && (
        <p className="hint">MediaLive has {kept.join(", ")} already: that comes next, whatever the list says.</p>
      )}
      <label className="inline">
        Then
        <select value={view.fallback} aria-busy={busy} onChange={(event) => void put(items, event.target.value)}>
          {[SLATE, ...session.sources.filter((each) => each.type === "RTMP_PUSH").map((each) => each.name)].map(
            (name) => (
              <option key={name}>{name}</option>
            ),
          )}
        </select>
      </label>
      {isPlaying && (
        <p className="hint" role="status">
          <Counts view={view} />
        </p>
      )}
      {isTried && !busy && missing.length > 0 && (
        <p className="hint">
          What you have sent is ready, and not in the list.{" "}
          <button type="button" className="small" onClick={() => setIsTried(false)}>
            Add it
          </button>
        </p>
      )}
      <ProblemNote problem={taking.problem} />
      <ProblemNote problem={cueing.problem} />
      <ProblemNote problem={problem} />
    </>
  );
}

/** From when on what is played is the list. */
function Counts({ view: { effect, effect_at } }: { view: View }) {
  if (effect === "in_effect") return "What is played is the list as it is.";
  if (effect === "at_next_play" || !effect_at) return "The list as it is counts from the next Play or Next on.";
  return (
    <>
      The list as it is counts from <Time at={effect_at} /> on.
    </>
  );
}

function TrackRow(props: {
  row: Row;
  count: number;
  until: string | null;
  isCued: boolean;
  isPending: boolean;
  canPlay: boolean;
  canCue: boolean;
  canEdit: boolean;
  onMove: (to: number) => void;
  onPlay: () => void;
  onCue: (isCued: boolean) => void;
  onRemove: () => void;
}) {
  const { row, count, until, isCued, isPending, canPlay, canCue, canEdit, onMove, onPlay, onCue, onRemove } = props;
  const title = row.title || row.id;
  const isFixed = row.isLocked || row.isOnAir;
  const isReady = row.state === "ready";
  const note = trackNote(row);
  const keyed = (event: KeyboardEvent) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    onMove(row.position + step);
  };
  return (
    <li className="track" data-position={row.position} data-on-air={row.isOnAir}>
      <button
        type="button"
        className="track-handle"
        aria-label={`${row.position + 1}, ${title}: move with the arrow keys`}
        aria-disabled={isFixed || !canEdit}
        title={isFixed ? "MediaLive has it already: it stays" : "Move with the arrow keys ↑ and ↓"}
        onKeyDown={keyed}
      >
        {row.position + 1}
      </button>
      <span className="track-title">
        {title}
        {note && <span className="track-note">{note}</span>}
        {until && (
          <span className="track-until">
            until <Time at={until} />
          </span>
        )}
      </span>
      <span className="track-badges">
        {row.isOnAir && <span className="badge badge-on-air">on air</span>}
        {isPending && !row.isOnAir && <span className="badge badge-pending">asked for</span>}
        {row.isLocked && (
          <span className="badge" title="Too near to be changed: MediaLive has it already">
            locked
          </span>
        )}
        {row.isNext && !row.isLocked && <span className="badge">next</span>}
      </span>
      <span className="track-time">{row.seconds === null ? "" : clockOf(row.seconds)}</span>
      <span className="track-buttons">
        <Button className="small" disabled={!canPlay || !isReady} aria-label={`Play ${title}`} onClick={onPlay}>
          Play
        </Button>
        <Button
          className="small"
          disabled={!canCue || !isReady || row.isOnAir}
          aria-pressed={isCued}
          aria-label={`Cue ${title}`}
          onClick={() => onCue(isCued)}
        >
          Cue
        </Button>
        <Button
          className="small"
          disabled={!canEdit || isFixed || row.position === 0}
          aria-label={`Move ${title} up`}
          onClick={() => onMove(row.position - 1)}
        >
          ↑
        </Button>
        <Button
          className="small"
          disabled={!canEdit || isFixed || row.position === count - 1}
          aria-label={`Move ${title} down`}
          onClick={() => onMove(row.position + 1)}
        >
          ↓
        </Button>
        <Button
          className="small"
          disabled={!canEdit || row.isLocked}
          aria-label={`Take ${title} off the list`}
          onClick={onRemove}
        >
          ✕
        </Button>
      </span>
    </li>
  );
}

/** From the library, or by an upload; what is sent comes to the list when it is ready. */
function Add(props: {
  isFull: boolean;
  isIdle: boolean;
  uploads: Omit<ReturnType<typeof useUploads>, "arrived" | "settle">;
  onAdd: (media: string) => void;
}) {
  const { isFull, isIdle, uploads, onAdd } = props;
  const { data: library, error } = useLibrary("track");
  if (isFull) return <p className="hint">The list is full: {MOST_TRACKS} tracks. Take one off first.</p>;
  return (
    <div className="add">
      <Uploads
        label="Send tracks"
        accept="video/mp4,.mp4"
        hint="MP4 with H.264 and two channels of sound, up to 6 hours. It comes to the list once it was looked at."
        {...uploads}
      />
      <h3>Your library</h3>
      <Failure error={error} />
      {library?.length === 0 && <p className="hint">It is empty. What you send is kept here, for other shows too.</p>}
      <ul className="library">
        {library?.map((media) => (
          <li key={media.id}>
            <span>{media.title || media.id}</span>
            <span className="track-time">{media.seconds === null ? "" : clockOf(media.seconds)}</span>
            <Button
              className="small"
              disabled={isIdle}
              aria-label={`Add ${media.title || media.id}`}
              onClick={() => onAdd(media.id)}
            >
              Add
            </Button>
          </li>
        ))}
      </ul>
    </div>
  );
}
