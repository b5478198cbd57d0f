// The routes /sessions/ID/executions, and /sessions/ID/executions/NAME.
import { explain } from "../api/answers";
import { Link, sessionPath } from "../router";
import { ExecutionList } from "./ExecutionList";
import { ExecutionView } from "./ExecutionView";
import { runs } from "./history";
import { useNow, useTitle } from "../hooks";
import { useSession } from "../state/session";
import { Time } from "../Time";
import { stillTold, useExecutions, useHistory } from "./queries";
import "./execution.css";

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
  const { data: executions } = useExecutions(sessionId, history ? runs(history.execution) : true);
  const { data: seen } = useSession(sessionId, () => history !== undefined && stillTold(history.execution));
  return (
    <>
      {error && (
        <p role="alert" className="problem">
          {explain(error)}
          {history && (
            <>
              {" "}
              What is shown is from <Time at={new Date(dataUpdatedAt).toISOString()} />.
            </>
          )}
        </p>
      )}
      {!history && !error && <p role="status">The history is being read…</p>}
      {history && (
        <ExecutionView
          history={history}
          entries={seen?.entries ?? NONE}
          others={(executions ?? NONE).filter((each) => each.attempt === history.execution.attempt)}
          {...{ sessionId, onAws }}
        />
      )}
    </>
  );
}

const NONE: never[] = [];

/** What worked for a session: all attempts, with their cleanups and recordings. */
function All({ sessionId }: { sessionId: string }) {
  const { data: executions, error } = useExecutions(sessionId, true);
  const now = useNow(executions?.some(runs) ?? false);
  return (
    <>
      <h1>Executions of {sessionId}</h1>
      {error && (
        <p role="alert" className="problem">
          {explain(error)}
        </p>
      )}
      {!executions && !error && <p role="status">They are being read…</p>}
      {executions && <ExecutionList {...{ sessionId, executions, now }} />}
    </>
  );
}
