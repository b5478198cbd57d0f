import { useEffect, useRef, useState } from "react";
import type { Session } from "../state/session";
import { Ear } from "./ear";
import { lagOf, lagText } from "./lag";
import { Player, type PlayerState } from "./player";
import { FLOOR, hear, lit, NOTHING_HEARD, silentFor } from "./silence";

const HEAR = 80; // ms
const TELL = 500;

const NOT_YET: Partial<Record<Session["state"], string>> = {
  created: "Nothing to see yet. Start the session, and what viewers get appears here.",
  preparing: "The channel is being made. The preview appears when the show is live.",
  ready: "All is made and nothing runs. Start, and the preview appears when the show is live.",
  starting: "MediaLive starts the channel. The preview appears when the show is live.",
  waiting_for_input: "The channel runs, and waits for a picture: publish to a source, or take the slate.",
  stopping: "The show is being ended.",
  ended: "The show is over. What was recorded is under Recordings.",
  failed: "Nothing is on air.",
};

/** What viewers get, how late it is, and how loud. `onLag` is told ms, and null while nothing plays. */
export function Preview({ session, onLag }: { session: Session; onLag: (lag: number | null) => void }) {
  const plays = session.state === "live" && session.playback_url;
  return (
    <section className="panel preview" aria-labelledby="preview-title">
      <h2 id="preview-title">Preview</h2>
      {plays ? (
        <Screen key={session.playback_url} url={session.playback_url!} onAir={session.on_air} onLag={onLag} />
      ) : (
        <p className="preview-empty">{NOT_YET[session.state] ?? "There is no address to play from yet."}</p>
      )}
    </section>
  );
}

interface Told {
  lag: number | null;
  silent: number | null;
  isHeard: boolean;
}

function Screen({ url, onAir, onLag }: { url: string; onAir: string | null; onLag: (lag: number | null) => void }) {
  const video = useRef<HTMLVideoElement>(null);
  const bar = useRef<HTMLDivElement>(null);
  const ear = useRef<Ear>(null);
  const onAirNow = useRef(onAir);
  const [state, setState] = useState<PlayerState>("connecting");
  const [told, setTold] = useState<Told>({ lag: null, silent: null, isHeard: false });
  const [isLoud, setIsLoud] = useState(false);

  useEffect(() => {
    onAirNow.current = onAir;
  }, [onAir]);

  useEffect(() => {
    const element = video.current!;
    const player = new Player(element, url, setState);
    const listener = new Ear(element);
    ear.current = listener;
    player.start();
    let heard = NOTHING_HEARD;
    const hearing = setInterval(() => {
      const level = element.paused || element.readyState < element.HAVE_FUTURE_DATA ? null : listener.hear();
      heard = level === null ? NOTHING_HEARD : hear(heard, level, Date.now());
      bar.current?.style.setProperty("--lit", String(lit(heard.level)));
      bar.current?.setAttribute("aria-valuenow", String(Math.round(heard.level)));
    }, HEAR);
    const telling = setInterval(() => {
      const lag = lagOf(player.shownAt(), Date.now());
      setTold({ lag, silent: silentFor(heard, Date.now(), onAirNow.current), isHeard: listener.isOpen });
      onLag(lag);
    }, TELL);
    return () => {
      clearInterval(hearing);
      clearInterval(telling);
      player.stop();
      listener.close();
      onLag(null);
    };
  }, [url, onLag]);

  const loud = (wanted: boolean) => {
    ear.current?.setLoud(wanted);
    setIsLoud(wanted);
  };

  return (
    <>
      <div className="preview-screen">
        <video ref={video} muted playsInline autoPlay crossOrigin="anonymous" aria-label="What viewers see" />
        {state === "connecting" && <p className="preview-state">Connecting to the stream…</p>}
        {state === "unsupported" && <p className="preview-state">This browser plays no HLS. Use a newer one.</p>}
        {told.silent !== null && (
          <p className="preview-alarm" role="alert">
            No sound<span aria-hidden="true"> for {told.silent} s</span>
          </p>
        )}
      </div>
      <div className="preview-bar">
        <span className="preview-lag" data-testid="lag">
          {state === "playing" ? lagText(told.lag) : "not playing"}
        </span>
        <div
          ref={bar}
          className="meter"
          role="meter"
          aria-label="Level of the sound, dB"
          aria-valuemin={FLOOR}
          aria-valuemax={0}
          aria-valuenow={FLOOR}
        />
        <button type="button" aria-keyshortcuts="L" onClick={() => loud(!isLoud)}>
          {isLoud ? "Mute the preview" : "Listen"}
        </button>
      </div>
      {!told.isHeard && state === "playing" && (
        <p className="hint">Click or press a key anywhere, and the level is measured: a browser wants that first.</p>
      )}
    </>
  );
}
