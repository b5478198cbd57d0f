import type { ReactNode } from "react";
import { Link } from "../router";

export function ExecutionLink({ sessionId, name, children }: { sessionId: string; name: string; children: ReactNode }) {
  return (
    <Link to={`/sessions/${encodeURIComponent(sessionId)}/executions/${encodeURIComponent(name)}`}>{children}</Link>
  );
}
