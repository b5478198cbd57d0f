// All that is known of one state: what became of it, when, how often, why, and what went in and came out.
import { useEffect, useState, type ReactNode } from "react";
import { counted, outcomeOf, stands, tries, type Box, type State } from "./history";
import { ExecutionLink } from "./ExecutionLink";
import { JsonTree } from "./JsonTree";
import { Moment } from "./Moment";
import { OutcomeIcon } from "./OutcomeIcon";
import { inWords, seconds } from "./time";
import { stepThrough } from "../Time";

interface Props {
  sessionId: string;
  name: string;
  box: Box | undefined;
  visits: State[];
  start: string;
  now: number;
  onSelect: (name: string) => void;
  onClose: () => void;
}

export function StateDetails({ name, box, visits, start, now, onSelect, onClose, sessionId }: Props) {
  const [visit, setVisit] = useState(visits.length - 1);
  useEffect(() => setVisit(visits.length - 1), [name, visits.length]);
  const state = visits[Math.min(visit, visits.length - 1)];
  return (
    <section className="state-details" aria-label={`State ${name}`}>
      <header>
        <h2>{name}</h2>
        <button type="button" className="small" onClick={onClose}>
          All states
        </button>
      </header>
      {box?.comment && <p className="muted">{box.comment}</p>}
      {!state && <p>The execution has not come here{box && KINDS[box.kind] ? `. ${KINDS[box.kind]}` : ""}.</p>}
      {visits.length > 1 && (
        <label className="visit">
          It was entered {visits.length} times. Shown:{" "}
          <select value={visit} onChange={(event) => setVisit(Number(event.target.value))}>
            {visits.map((each, i) => (
              <option key={each.event} value={i}>
                {i + 1}: {outcomeOf(each)}
              </option>
            ))}
          </select>
        </label>
      )}
      {state && <Facts {...{ state, start, now, onSelect, sessionId }} />}
    </section>
  );
}

const KINDS: Partial<Record<Box["kind"], string>> = {
  Await: "It waits for a token",
  Child: "It starts an execution",
  Choice: "It chooses what comes next",
};

type FactsProps = Pick<Props, "start" | "now" | "onSelect" | "sessionId"> & { state: State };

function Facts({ state, start, now, onSelect, sessionId }: FactsProps) {
  const tried = tries(state);
  return (
    <>
      <p className={`outcome ${state.outcome}`}>
        <OutcomeIcon outcome={state.outcome} /> <strong>{outcomeOf(state)}</strong>
        {state.next && (
          <>
            {" → "}
            <button type="button" className="link" onClick={() => onSelect(state.next!)}>
              {state.next}
            </button>
          </>
        )}
      </p>
      {state.error && state.outcome !== "stopped" && state.outcome !== "done" && (
        <div className="error-box">
          <strong>{state.error}</strong>
          {state.cause && <p>{state.cause}</p>}
        </div>
      )}
      <dl>
        <Fact name="Entered">
          <Moment at={state.entered_at} start={start} />
        </Fact>
        <Fact name={stands(state) ? "Since" : "Left"}>
          {state.left_at ? <Moment at={state.left_at} start={start} /> : inWords(seconds(state.entered_at, null, now))}
        </Fact>
        {state.left_at && <Fact name="Took">{inWords(seconds(state.entered_at, state.left_at, now))}</Fact>}
        {tried > 0 && <Fact name="Tries">{tried}</Fact>}
        {state.looks > 0 && (
          <Fact name="Looks">
            <Looks state={state} start={start} />
          </Fact>
        )}
        {state.child && (
          <Fact name="Started">
            <ExecutionLink sessionId={sessionId} name={state.child}>
              {state.child}
            </ExecutionLink>
          </Fact>
        )}
      </dl>
      {state.problems.length > (state.outcome === "done" ? 0 : 1) && (
        <details className="problems" open={state.problems.length < 4}>
          <summary>{counted(state.problems.length, "error", "errors")}</summary>
          <ol tabIndex={0} aria-label="Errors" onKeyDown={stepThrough}>
            {state.problems.map((problem, i) => (
              <li key={i}>
                <Moment at={problem.at} start={start} ofMany /> <strong>{problem.error}</strong>
                {problem.cause && <span> {problem.cause}</span>}
              </li>
            ))}
          </ol>
        </details>
      )}
      <JsonTree name="Input" value={state.input} />
      {state.left_at && <JsonTree name="Output" value={state.output} />}
    </>
  );
}

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

const SHOWN = 20;

/** The latest looks: one that waits for hours has looked hundreds of times. */
function Looks({ state, start }: { state: State; start: string }) {
  const [all, setAll] = useState(false);
  const shown = all ? state.looked_at : state.looked_at.slice(-SHOWN);
  return (
    <details>
      <summary>{state.looks}, each after a time in which no event came</summary>
      <ol
        className="looks"
        start={state.looked_at.length - shown.length + 1}
        tabIndex={0}
        aria-label="Looks"
        onKeyDown={stepThrough}
      >
        {shown.map((at) => (
          <li key={at}>
            <Moment at={at} start={start} ofMany />
          </li>
        ))}
      </ol>
      {shown.length < state.looked_at.length && (
        <button type="button" className="small" onClick={() => setAll(true)}>
          Show all {state.looked_at.length}
        </button>
      )}
    </details>
  );
}
