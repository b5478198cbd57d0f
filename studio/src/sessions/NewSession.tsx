import { useState } from "react";
import { api } from "../api/client";
import type { components } from "../api/schema";
import { go, sessionPath } from "../router";
import { ProblemNote, useAct } from "../state/act";

type Wish = components["schemas"]["NewSession"];

const PROFILES = ["360p30", "480p30", "720p30", "1080p30"] as const;
const RECORD = { auto: "the whole show", manual: "what I record", off: "nothing" } as const;

/** Creates a session, and goes to it. */
export function NewSession() {
  const { act, busy, problem } = useAct("");
  const [title, setTitle] = useState("");
  const [profile, setProfile] = useState<Wish["profile"]>("720p30");
  const [record, setRecord] = useState<keyof typeof RECORD>("auto");
  const [pushed, setPushed] = useState("host, callers");
  const [hasTracks, setHasTracks] = useState(true);
  const create = async () => {
    const names = pushed.split(/[\s,]+/).filter(Boolean);
    const sources: Wish["sources"] = names.map((name) => ({ name, type: "RTMP_PUSH" }));
    if (hasTracks) sources.push({ name: "tracklist", type: "MP4_FILE" });
    const body = { title, profile, record, sources };
    const made = await act((header) => api.POST("/sessions", { params: { header }, body }), JSON.stringify(body));
    if (made) go(sessionPath(made.session.id));
  };
  return (
    <form
      className="panel new-session"
      aria-label="New session"
      onSubmit={(event) => {
        event.preventDefault();
        void create();
      }}
    >
      <label>
        Title
        <input value={title} maxLength={200} autoFocus onChange={(event) => setTitle(event.target.value)} />
      </label>
      <label>
        Picture
        <select value={profile} onChange={(event) => setProfile(event.target.value as Wish["profile"])}>
          {PROFILES.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </label>
      <label>
        Keep
        <select value={record} onChange={(event) => setRecord(event.target.value as keyof typeof RECORD)}>
          {Object.entries(RECORD).map(([name, text]) => (
            <option key={name} value={name}>
              {text}
            </option>
          ))}
        </select>
      </label>
      <label>
        Sources that publish, two at most
        <input value={pushed} onChange={(event) => setPushed(event.target.value)} />
      </label>
      <label className="check">
        <input type="checkbox" checked={hasTracks} onChange={(event) => setHasTracks(event.target.checked)} />
        With a tracklist
      </label>
      <button type="submit" className="primary" disabled={busy}>
        Create
      </button>
      <ProblemNote problem={problem} />
    </form>
  );
}
