// JSON that can be read: objects and lists open and close, what is secret says so, and all of it can be copied.
import { CopyButton } from "../CopyButton";

const HIDDEN = "***"; // what the API puts in the place of a secret

export function JsonTree({ name, value }: { name: string; value: unknown }) {
  return (
    <section className="json" aria-label={name}>
      <header>
        <h3>{name}</h3>
        <CopyButton text={JSON.stringify(value, null, 2)} label={`Copy: ${name}`} />
      </header>
      {value === null || value === undefined ? <p className="muted">None.</p> : <Node value={value} open />}
    </section>
  );
}

const OPEN = 2; // levels that are open at first

function Node({ name, value, open, level = 0 }: { name?: string; value: unknown; open?: boolean; level?: number }) {
  const key = name !== undefined && <span className="json-key">{name}</span>;
  if (typeof value !== "object" || value === null) {
    return (
      <div className="json-row">
        {key} <Leaf value={value} />
      </div>
    );
  }
  const members = Object.entries(value);
  const size = Array.isArray(value) ? `[${members.length}]` : `{${members.length}}`;
  return (
    <details className="json-node" open={open ?? level < OPEN}>
      <summary>
        {key} <span className="json-size">{size}</span>
      </summary>
      {members.map(([each, inner]) => (
        <Node key={each} name={each} value={inner} level={level + 1} />
      ))}
    </details>
  );
}

function Leaf({ value }: { value: unknown }) {
  if (value === HIDDEN) return <span className="json-hidden">left out: a secret</span>;
  if (typeof value === "string") return <span className="json-text">{JSON.stringify(value)}</span>;
  return <span className="json-value">{String(value)}</span>;
}
