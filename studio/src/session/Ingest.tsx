import { useState } from "react";
import { data } from "../api/answers";
import { api } from "../api/client";
import { CopyButton } from "../CopyButton";
import { Failure } from "../Failure";
import { useAsked } from "../state/asking";
import type { Session } from "../state/session";
import { obsSettings, portOf, RTMP_PORT } from "./obs";
import { STATES } from "./states";

/** Where to publish to; the stream key is a secret, and shown when asked for. */
export function Ingest({ session }: { session: Session }) {
  const [isOpen, setIsOpen] = useState(false);
  const runs = STATES[session.state].runs && session.state !== "stopping";
  const { data: sources, error } = useAsked({
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
      {isOpen && <Failure error={error} />}
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
      {isOpen && runs && <Obs session={session} servers={sources?.map((each) => each.server) ?? []} />}
    </section>
  );
}

/** What to enter in OBS, place by place, and what to look at when it does not connect. */
function Obs({ session, servers }: { session: Session; servers: string[] }) {
  const ports = [...new Set(servers.map(portOf))].join(" and ");
  return (
    <details className="obs">
      <summary>What to enter in OBS</summary>
      <ol>
        {obsSettings(session.profile).map(([place, values]) => (
          <li key={place}>
            <h3>{place}</h3>
            <dl>
              {values.map(([name, value]) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>{value}</dd>
                </div>
              ))}
            </dl>
          </li>
        ))}
        <li>
          <h3>Start Streaming</h3>
          <p>OBS shows a green square. Take the source, and here it says “publishing: yes” when it is on air.</p>
        </li>
      </ol>
      <h3>When it does not connect</h3>
      <ul>
        <li>Go live first, on hold if nobody is to be seen yet. Nothing answers before the channel runs.</li>
        <li>Copy Server and Stream Key again: each start of the session has addresses of its own.</li>
        <li>One sender to an address: stop the other one, and wait some seconds.</li>
        <li>
          Your network must let you out to port {ports || RTMP_PORT} (TCP), and be one of those that may publish:
          whoever runs Showrunner has named them when it was deployed.
        </li>
      </ul>
    </details>
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
