import type { ReactNode } from "react";
import { Link, sessionPath } from "../router";

export function ExecutionLink({ sessionId, name, children }: { sessionId: string; name: string; children: ReactNode }) {
  return <Link to={sessionPath(sessionId, "executions", name)}>{children}</Link>;
}
