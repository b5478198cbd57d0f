import { data } from "../api/answers";
import { api } from "../api/client";
import { Failure } from "../Failure";
import { untilAnswered, useAsked } from "../state/asking";
import { ofState, type Session } from "../state/session";
import { costNow, dollars, perHour } from "./cost";
import { STATES } from "./states";

const LOOK = 60_000; // ms; in between the page counts on

/** What the show costs so far and an hour, and of what that is made. */
export function Cost({ session, now }: { session: Session; now: number }) {
  const { runs } = STATES[session.state];
  const {
    data: told,
    dataUpdatedAt,
    error,
  } = useAsked({
    queryKey: ofState(session.id, "cost"),
    queryFn: () => data(api.GET("/sessions/{session_id}/cost", { params: { path: { session_id: session.id } } })),
    refetchInterval: (query) => untilAnswered(query) || (runs && LOOK),
  });
  const latest = told?.attempts.at(-1);
  return (
    <section className="panel" aria-labelledby="cost-title">
      <h2 id="cost-title">Cost</h2>
      <Failure error={error} />
      {told && (
        <p className="cost" data-testid="cost">
          <strong>{dollars(costNow(told.dollars, dataUpdatedAt, session.rates, now))}</strong> so far
          {session.rates.length > 0 && <>, {dollars(perHour(session.rates))} an hour now</>}
        </p>
      )}
      {told && told.attempts.length === 0 && (
        <p className="hint">
          About {dollars(told.planned.dollars)} for {told.planned.show_minutes} minutes on air.
        </p>
      )}
      {session.budget.dollars > 0 && (
        <p className="hint">
          A start of it may cost {dollars(session.budget.dollars)}
          {session.budget.stop ? ", and ends then." : ": you are warned then."}
        </p>
      )}
      {latest && (
        <details>
          <summary>What it is made of</summary>
          <table>
            <tbody>
              {latest.lines.map((line) => (
                <tr key={line.item}>
                  <th scope="row">{line.item}</th>
                  <td>{line.dollars === null ? "price unknown" : dollars(line.dollars)}</td>
                  <td title={line.source ?? undefined}>{line.dollars !== null && (line.as_of ?? "of no known date")}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {told!.attempts.length > 1 && <p className="hint">Of the last start; the sum above is of all.</p>}
        </details>
      )}
      {told && <p className="hint">{told.notice}</p>}
    </section>
  );
}
