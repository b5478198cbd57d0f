// All executions that worked for a session, by its attempts, the newest first.
import { ExecutionLink } from "./ExecutionLink";
import { machineOf, type Execution } from "./history";
import { Moment } from "./Moment";
import { StatusIcon, statusInWords } from "./Status";
import { inWords, seconds } from "./time";

interface Props {
  sessionId: string;
  executions: Execution[];
  now: number;
}

export function ExecutionList({ sessionId, executions, now }: Props) {
  if (!executions.length)
    return <p className="muted">The session was never started: no execution has worked for it.</p>;
  const attempts = [...new Set(executions.map((each) => each.attempt))].sort((a, b) => b - a);
  return (
    <div className="execution-list panel">
      {attempts.map((attempt) => (
        <table key={attempt}>
          <caption>Attempt {attempt}</caption>
          <thead>
            <tr>
              <th scope="col">Execution</th>
              <th scope="col">Of</th>
              <th scope="col">Status</th>
              <th scope="col">Started</th>
              <th scope="col">Took</th>
            </tr>
          </thead>
          <tbody>
            {executions
              .filter((each) => each.attempt === attempt)
              .map((each) => (
                <tr key={each.arn}>
                  <td>
                    <ExecutionLink sessionId={sessionId} name={each.name}>
                      {each.name}
                    </ExecutionLink>
                  </td>
                  <td>{machineOf(each)}</td>
                  <td>
                    <StatusIcon status={each.status} /> {statusInWords(each.status)}
                  </td>
                  <td>
                    <Moment at={each.started_at} />
                  </td>
                  <td>{inWords(seconds(each.started_at, each.ended_at, now))}</td>
                </tr>
              ))}
          </tbody>
        </table>
      ))}
    </div>
  );
}
