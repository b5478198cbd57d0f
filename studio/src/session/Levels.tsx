import { useEffect, useId, useState } from "react";
import { api } from "../api/client";
import type { components } from "../api/schema";
import { Button } from "../Button";
import type { Session } from "../state/session";
import { ProblemNote, useAct } from "../state/act";
import { decibels, EFFECTS, LEAST_DB, LOUDNESS, MOST_DB, why, type Wanted } from "./effects";

type Level = components["schemas"]["LevelInput"];

const REST = 500; // ms

/** How loud the programme and each source are wanted, and when that counts: MediaLive changes no level of what runs. */
export function Levels({ session }: { session: Session }) {
  const { act, busy, problem } = useAct(session.id);
  const path = { session_id: session.id };
  const { loudness_lkfs } = session.sound;
  const setProgramme = (body: components["schemas"]["SoundInput"]) =>
    act(() => api.PUT("/sessions/{session_id}/audio", { params: { path }, body }));
  const setSource = (name: string, body: Level) =>
    act(() => api.PUT("/sessions/{session_id}/sources/{name}/audio", { params: { path: { ...path, name } }, body }));
  const files = session.sources.find((each) => each.type === "MP4_FILE");
  const loudness = new Set<number>([...LOUDNESS, ...(loudness_lkfs === null ? [] : [loudness_lkfs])]);
  return (
    <section className="panel" aria-labelledby="levels-title">
      <h2 id="levels-title">Levels</h2>
      <ul className="levels">
        <Fader
          name="Programme"
          wanted={session.sound}
          note={why(session.sound, false, loudness_lkfs)}
          isIdle={busy}
          onSet={(level) => setProgramme({ ...level, loudness_lkfs })}
        />
        {session.levels.map((level) => (
          <Fader
            key={level.source}
            name={level.source}
            wanted={level}
            note={why(level, level.source === files?.name, loudness_lkfs)}
            isIdle={busy}
            onSet={(wish) => setSource(level.source, wish)}
          />
        ))}
      </ul>
      <label className="inline">
        Level everything to
        <select
          value={loudness_lkfs ?? ""}
          aria-busy={busy}
          onChange={(event) => {
            const { gain_db, mute } = session.sound;
            const wanted = event.target.value === "" ? null : Number(event.target.value);
            void setProgramme({ gain_db, mute, loudness_lkfs: wanted });
          }}
        >
          <option value="">nothing: leave it as it is</option>
          {[...loudness]
            .sort((one, other) => other - one)
            .map((each) => (
              <option key={each} value={each}>
                {each} LKFS
              </option>
            ))}
        </select>
      </label>
      <ProblemNote problem={problem} />
    </section>
  );
}

function Fader(props: {
  name: string;
  wanted: Wanted;
  note: string;
  isIdle: boolean;
  onSet: (level: Level) => Promise<unknown>;
}) {
  const { name, wanted, note, isIdle, onSet } = props;
  const id = useId();
  const [gain, setGain] = useState<number | null>(null); // while it is moved
  const [isHeld, setIsHeld] = useState(false);
  const shown = gain ?? wanted.gain_db;
  const effect = EFFECTS[wanted.effect];

  // Asked for when it has come to rest, also by the keys.
  useEffect(() => {
    if (gain === null || isIdle || isHeld) return;
    const rest = setTimeout(async () => {
      if (gain !== wanted.gain_db) await onSet({ gain_db: gain, mute: wanted.mute });
      setGain((latest) => (latest === gain ? null : latest));
    }, REST);
    return () => clearTimeout(rest);
  }, [gain, isIdle, isHeld, wanted.gain_db, wanted.mute]);
  return (
    <li className="level">
      <label htmlFor={id} className="level-name">
        {name}
      </label>
      <input
        id={id}
        type="range"
        min={LEAST_DB}
        max={MOST_DB}
        step={1}
        value={shown}
        aria-valuetext={decibels(shown)}
        aria-describedby={`${id}-effect`}
        onChange={(event) => setGain(Number(event.target.value))}
        onPointerDown={() => setIsHeld(true)}
        onPointerUp={() => setIsHeld(false)}
        onPointerCancel={() => setIsHeld(false)}
      />
      <output className="level-gain" htmlFor={id}>
        {decibels(shown)}
      </output>
      <Button
        className="small"
        aria-pressed={wanted.mute}
        aria-label={`Mute ${name}`}
        disabled={isIdle}
        onClick={() => void onSet({ gain_db: wanted.gain_db, mute: !wanted.mute })}
      >
        Mute
      </Button>
      <p id={`${id}-effect`} className="level-effect">
        <span className="badge" data-now={effect.isNow}>
          {effect.text}
        </span>{" "}
        {note}
      </p>
    </li>
  );
}
