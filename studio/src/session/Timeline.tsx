import { stepThrough, Time } from "../Time";
import { Link, sessionPath } from "../router";
import type { Entry } from "../state/session";

/** What happened, newest first. */
export function Timeline({ id, entries }: { id: string; entries: Entry[] }) {
  return (
    <section className="panel" aria-labelledby="timeline-title">
      <div className="title">
        <h2 id="timeline-title">Timeline</h2>
        <Link to={sessionPath(id, "executions")}>Executions</Link>
      </div>
      {entries.length === 0 && <p className="hint">Nothing has happened yet.</p>}
      <ol className="timeline" tabIndex={0} aria-labelledby="timeline-title" onKeyDown={stepThrough}>
        {entries.toReversed().map((entry) => (
          <li key={entry.id}>
            <Time at={entry.at} ofMany />
            <span>{entry.text}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
