import { useId, useState } from "react";
import { api } from "../api/client";
import type { components } from "../api/schema";
import { Button } from "../Button";
import type { Session } from "../state/session";
import { ProblemNote, useAct } from "../state/act";
import { Time } from "../Time";
import { useTracklist } from "./queries";
import { Thumbnail } from "./Thumbnail";
import { canSwitch, localTime, onTopOf, PUBLISHING, sourceButtons, switchTime, toCome, UNKNOWN } from "./switching";
import type { SourceButton } from "./switching";

type Wish = components["schemas"]["SourceWish"];
type Track = components["schemas"]["Track"];

/** The source buttons. A source is lit when MediaLive says that it is on air, and not before. */
export function Sources({ session, now }: { session: Session; now: number }) {
  const { act, busy, problem } = useAct(session.id);
  const cueing = useAct(session.id);
  const { data: list } = useTracklist(session);
  const tracks = list?.tracks ?? [];
  const isEmpty = list?.tracks.length === 0;
  const can = canSwitch(session);
  const path = { session_id: session.id };
  const take = (body: Wish) =>
    act(
      (header) => api.POST("/sessions/{session_id}/source", { params: { path, header }, body }),
      onTopOf(session, body),
    );
  const play = () =>
    act(
      (header) =>
        api.POST("/sessions/{session_id}/tracklist/play", { params: { path, header }, body: { position: 0 } }),
      onTopOf(session, "the tracklist"),
    );
  const cue = (source: string | null) =>
    cueing.act(() => api.PUT("/sessions/{session_id}/cue", { params: { path }, body: { source } }));

  return (
    <section className="panel" aria-labelledby="sources-title">
      <h2 id="sources-title">Sources</h2>
      {!can && <p className="hint">Sources can be switched once the channel runs.</p>}
      <ul className="sources">
        {sourceButtons(session).map((button, index) => (
          <li key={button.name} className="source" data-files={button.playsFiles}>
            <TakeButton
              button={button}
              place={index + 1}
              note={button.playsFiles && isEmpty ? "the tracklist is empty" : null}
              isIdle={!can || busy || (button.playsFiles && isEmpty)}
              onTake={() => (button.playsFiles ? play() : take({ source: button.name }))}
            />
            {button.publishing && (
              <span
                className={`publishing publishing-${button.publishing}`}
                title={button.publishing === "unknown" ? UNKNOWN : undefined}
              >
                {PUBLISHING[button.publishing]}
              </span>
            )}
            {button.isOnAir && session.state === "live" && <Thumbnail session={session} now={now} />}
            {!button.playsFiles && (
              <Button
                className="small"
                aria-pressed={button.isCued}
                aria-label={`Cue ${button.name}`}
                title="Have it prepared, so that a cut to it comes without delay"
                disabled={!can || cueing.busy}
                onClick={() => cue(button.isCued ? null : button.name)}
              >
                Cue
              </Button>
            )}
            <Later
              button={button}
              tracks={tracks}
              canFollow={session.on_air_item !== null}
              isIdle={!can || busy}
              onTake={take}
            />
          </li>
        ))}
      </ul>
      <ToCome session={session} tracks={tracks} />
      <ProblemNote problem={problem} />
      <ProblemNote problem={cueing.problem} />
    </section>
  );
}

function TakeButton(props: {
  button: SourceButton;
  place: number;
  note: string | null;
  isIdle: boolean;
  onTake: () => void;
}) {
  const { button, place, note, isIdle, onTake } = props;
  const isThere = button.isOnAir && button.pending === null;
  const said = {
    asked: "asked for, not on air yet",
    unconfirmed: "not confirmed by MediaLive: press again",
  };
  const state = button.pending ? said[button.pending] : isThere ? "on air" : (note ?? "");
  return (
    <button
      type="button"
      className="take"
      data-state={isThere ? "on-air" : (button.pending ?? "off")}
      aria-keyshortcuts={String(place)}
      aria-pressed={isThere}
      aria-busy={button.pending === "asked"}
      aria-disabled={isIdle || isThere}
      onClick={() => !isIdle && !isThere && onTake()}
    >
      <span className="take-name">{button.name}</span>
      <span className="take-state">{state}</span>
    </button>
  );
}

/** A switch at a time, or behind the track that is on air. */
function Later(props: {
  button: SourceButton;
  tracks: Track[];
  canFollow: boolean;
  isIdle: boolean;
  onTake: (wish: Wish) => Promise<unknown>;
}) {
  const { button, tracks, canFollow, isIdle, onTake } = props;
  const id = useId();
  const [isOpen, setIsOpen] = useState(false);
  const [when, setWhen] = useState<"at" | "after">("at");
  const [time, setTime] = useState("");
  const [item, setItem] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);
  const ready = tracks.filter((each) => each.state === "ready");

  const open = () => {
    setIsOpen(!isOpen);
    setTime(localTime(Date.now() + 60_000));
    setWhen(canFollow ? "after" : "at");
    setWrong(null);
  };
  const ask = async () => {
    const wish: Wish = { source: button.name, ...(button.playsFiles && { item: item || ready[0]?.id }) };
    if (when === "after") wish.after = "current";
    else {
      const chosen = switchTime(time, Date.now());
      if ("problem" in chosen) return setWrong(chosen.problem);
      wish.at = chosen.at;
    }
    setWrong(null);
    if (await onTake(wish)) setIsOpen(false);
  };

  if (button.playsFiles && ready.length === 0) return null;
  return (
    <>
      <Button
        className="small"
        aria-expanded={isOpen}
        aria-controls={id}
        aria-label={`${button.name}, later`}
        disabled={isIdle && !isOpen}
        onClick={open}
      >
        Later…
      </Button>
      {isOpen && (
        <form
          id={id}
          className="later"
          onSubmit={(event) => {
            event.preventDefault();
            void ask();
          }}
        >
          {button.playsFiles && (
            <label>
              Track
              <select value={item || ready[0]?.id} onChange={(event) => setItem(event.target.value)}>
                {ready.map((track) => (
                  <option key={track.position} value={track.id}>
                    {track.title || track.id}
                  </option>
                ))}
              </select>
            </label>
          )}
          <label>
            When
            <select value={when} onChange={(event) => setWhen(event.target.value as "at" | "after")}>
              <option value="at">at a time</option>
              <option value="after" disabled={!canFollow}>
                after the track on air
              </option>
            </select>
          </label>
          {when === "at" && (
            <label>
              Time, in your zone
              <input
                type="datetime-local"
                step={1}
                value={time}
                onChange={(event) => setTime(event.target.value)}
                required
              />
            </label>
          )}
          <Button type="submit" disabled={isIdle}>
            Set
          </Button>
          {wrong && (
            <p className="wrong" role="alert">
              {wrong}
            </p>
          )}
        </form>
      )}
    </>
  );
}

function ToCome({ session, tracks }: { session: Session; tracks: Track[] }) {
  const coming = toCome(session);
  if (coming.length === 0) return null;
  const titled = (id: string | null) => tracks.find((each) => each.id === id)?.title ?? id;
  return (
    <div className="to-come">
      <h3>To come</h3>
      <ul>
        {coming.map((each) => (
          <li key={each.action}>
            <b>{each.source}</b>
            {each.item && ` (${titled(each.item)})`}{" "}
            {each.at ? (
              <>
                at <Time at={each.at} />
              </>
            ) : (
              "after what is before it"
            )}
            {each.state === "unconfirmed" && " – should be on air by now, and MediaLive has not confirmed it"}
          </li>
        ))}
      </ul>
      <p className="hint">The panic button takes back what comes at a time; any other switch breaks a chain.</p>
    </div>
  );
}
