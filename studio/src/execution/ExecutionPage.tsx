// The routes /sessions/ID/executions, and /sessions/ID/executions/NAME.
import { Link, sessionPath } from "../router";
import { ExecutionList } from "./ExecutionList";
import { ExecutionView } from "./ExecutionView";
import { runs } from "./history";
import { Failure } from "../Failure";
import { useNow, useTitle } from "../hooks";
import { useSession } from "../state/session";
import { Stale } from "../state/Stale";
import { LOOK, LOOK_FOR_OTHERS, stillTold, useExecutions, useHistory } from "./queries";

interface Props {
  sessionId: string;
  name: string | undefined;
  onAws: boolean;
}

export function ExecutionPage({ sessionId, name, onAws }: Props) {
  useTitle(name ?? `Executions of ${sessionId}`);
  return (
    <>
      <nav aria-label="Back" className="execution-back">
        <Link to={sessionPath(sessionId)}>← Session {sessionId}</Link>
        {name && <Link to={sessionPath(sessionId, "executions")}>All executions</Link>}
      </nav>
      {name ? <One key={name} {...{ sessionId, name, onAws }} /> : <All sessionId={sessionId} />}
    </>
  );
}

function One({ sessionId, name, onAws }: Props & { name: string }) {
  const { data: history, error, dataUpdatedAt } = useHistory(sessionId, name);
  const others = useExecutions(sessionId, history ? runs(history.execution) : true);
  const session = useSession(sessionId, () => history !== undefined && stillTold(history.execution));
  return (
    <>
      {!history && <Failure error={error} />}
      {history && runs(history.execution) && <Stale answeredAt={dataUpdatedAt} error={error} every={LOOK} />}
      {history && !error && <Failure error={session.error ?? others.error} />}
      {!history && !error && <p role="status">The history is being read…</p>}
      {history && (
        <ExecutionView
          history={history}
          entries={session.data?.entries ?? null}
          others={(others.data ?? NONE).filter((each) => each.attempt === history.execution.attempt)}
          {...{ sessionId, onAws }}
        />
      )}
    </>
  );
}

const NONE: never[] = [];

/** What worked for a session: all attempts, with their cleanups and recordings. */
function All({ sessionId }: { sessionId: string }) {
  const { data: executions, error, dataUpdatedAt } = useExecutions(sessionId, true);
  const now = useNow(executions?.some(runs) ?? false);
  return (
    <>
      <h1>Executions of {sessionId}</h1>
      {executions ? (
        <Stale answeredAt={dataUpdatedAt} error={error} every={LOOK_FOR_OTHERS} />
      ) : (
        <Failure error={error} />
      )}
      {!executions && !error && <p role="status">They are being read…</p>}
      {executions && <ExecutionList {...{ sessionId, executions, now }} />}
    </>
  );
}
