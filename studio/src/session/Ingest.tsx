import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { data, explain } from "../api/answers";
import { api } from "../api/client";
import { CopyButton } from "../CopyButton";
import type { Session } from "../state/session";
import { STATES } from "./states";

/** Where to publish to; the stream key is a secret, and shown when asked for. */
export function Ingest({ session }: { session: Session }) {
  const [isOpen, setIsOpen] = useState(false);
  const runs = STATES[session.state].runs && session.state !== "stopping";
  const { data: sources, error } = useQuery({
    queryKey: ["ingest", session.id, session.attempt, session.state],
    enabled: isOpen && runs,
    gcTime: 0,
    queryFn: async () =>
      (await data(api.GET("/sessions/{session_id}/ingest", { params: { path: { session_id: session.id } } }))).sources,
  });
  return (
    <section className="panel" aria-labelledby="ingest-title">
      <h2 id="ingest-title">Where to publish</h2>
      {!runs && <p className="hint">Prepare or start the session, and each source has an address.</p>}
      {runs && (
        <button type="button" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
          {isOpen ? "Hide the addresses" : "Show the addresses"}
        </button>
      )}
      {error && <p className="problem">{explain(error)}</p>}
      {isOpen && sources?.length === 0 && <p className="hint">The addresses are being made.</p>}
      {isOpen &&
        runs &&
        sources?.map((each) => (
          <div key={each.source} className="ingest">
            <h3>{each.source}</h3>
            <Value label="Server" value={each.server} isSecret={false} />
            <Value label="Stream key" value={each.stream_key} isSecret />
          </div>
        ))}
      {isOpen && runs && <p className="hint">In OBS: Settings, Stream, Service Custom, then Server and Stream Key.</p>}
    </section>
  );
}

function Value({ label, value, isSecret }: { label: string; value: string; isSecret: boolean }) {
  const [isShown, setIsShown] = useState(!isSecret);
  return (
    <p className="value">
      <span>{label}</span>
      <code>{isShown ? value : "••••••••••••"}</code>
      <CopyButton text={value} label={`Copy ${label}`} />
      {isSecret && (
        <button type="button" className="small" aria-pressed={isShown} onClick={() => setIsShown(!isShown)}>
          {isShown ? "Hide" : "Reveal"}
        </button>
      )}
    </p>
  );
}
