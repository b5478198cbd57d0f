import type { Entry } from "../state/session";

/** What happened, newest first. */
export function Timeline({ entries }: { entries: Entry[] }) {
  return (
    <section className="panel" aria-labelledby="timeline-title">
      <h2 id="timeline-title">Timeline</h2>
      {entries.length === 0 && <p className="hint">Nothing has happened yet.</p>}
      <ol className="timeline" tabIndex={0} aria-labelledby="timeline-title">
        {entries.toReversed().map((entry) => (
          <li key={entry.id}>
            <time dateTime={entry.at} title={`${entry.at} (UTC)`}>
              {new Date(entry.at).toLocaleTimeString()}
            </time>
            <span>{entry.text}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
