import { Time } from "../Time";
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
            <Time at={entry.at} />
            <span>{entry.text}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
