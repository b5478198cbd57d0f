import { useState } from "react";

/** `label`: what it copies, for who cannot see where it stands. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const [said, say] = useState("");
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => say("Copied"),
      () => say("Not allowed"),
    );
  return (
    <button type="button" className="small" onClick={copy} onBlur={() => say("")} aria-label={label}>
      <span role="status">{said || "Copy"}</span>
    </button>
  );
}
