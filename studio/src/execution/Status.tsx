import type { Execution, Outcome } from "./history";
import { OutcomeIcon } from "./OutcomeIcon";

const SHOWN: Record<Execution["status"], [Outcome, string]> = {
  RUNNING: ["running", "running"],
  SUCCEEDED: ["done", "succeeded"],
  FAILED: ["failed", "failed"],
  TIMED_OUT: ["failed", "timed out"],
  ABORTED: ["aborted", "aborted"],
  PENDING_REDRIVE: ["waiting", "waits to be run again"],
};

export const statusInWords = (status: Execution["status"]) => SHOWN[status][1];

export function StatusIcon({ status }: { status: Execution["status"] }) {
  const [outcome] = SHOWN[status];
  return (
    <span className={`outcome ${outcome}`} title={statusInWords(status)}>
      <OutcomeIcon outcome={outcome} />
    </span>
  );
}
