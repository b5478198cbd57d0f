// One execution: where it stands, its drawing, what is known of each state, and all of it on an axis of time.
import { useMemo, useState } from "react";
import { ExecutionLink } from "./ExecutionLink";
import {
  OUTCOMES,
  machineOf,
  reasons,
  runs,
  standing,
  visits,
  wasCaught,
  type Box,
  type Entry,
  type Execution,
  type History,
  type Outcome,
  type State,
} from "./history";
import { MachineView } from "./MachineView";
import { Moment } from "./Moment";
import { OutcomeIcon, Sign } from "./OutcomeIcon";
import { StateDetails } from "./StateDetails";
import { StateList } from "./StateList";
import { StatusIcon, statusInWords } from "./Status";
import { inWords, seconds } from "./time";
import { Timeline } from "./Timeline";
import { useNow } from "../hooks";

interface Props {
  sessionId: string;
  history: History;
  /** Null while they are not known. */
  entries: Entry[] | null;
  /** Those of the same attempt, this one among them. */
  others: Execution[];
  /** Whether AWS's console has it. */
  onAws: boolean;
}

export function ExecutionView({ sessionId, history, entries, others, onAws }: Props) {
  const { execution, states, drawing } = history;
  const now = useNow(runs(execution));
  const [selected, select] = useState<string | null>(null);
  const seen = useMemo(() => visits(states), [states]);
  const waits = useMemo(() => new Set(drawing?.boxes.filter(waitsFor).map(({ name }) => name)), [drawing]);
  const start = execution.started_at;
  const box = drawing?.boxes.find((each) => each.name === selected);
  return (
    <div className="execution">
      <Heading execution={execution} now={now} onAws={onAws} />
      <Others {...{ sessionId, execution, others }} />
      <Standing states={states} execution={execution} now={now} onSelect={select} />
      <div className="execution-main">
        {drawing ? (
          <MachineView
            layout={drawing}
            label={`The state machine '${machineOf(execution)}', by what happened`}
            {...{ states, seen, selected, now }}
            onSelect={select}
          />
        ) : (
          <p className="no-drawing">The state machine that this ran on is gone, and its drawing with it.</p>
        )}
        <div className="execution-side">
          {selected ? (
            <StateDetails
              name={selected}
              box={box}
              visits={seen.get(selected) ?? []}
              {...{ start, now }}
              onSelect={select}
              onClose={() => select(null)}
              sessionId={sessionId}
            />
          ) : (
            <StateList {...{ states, start, now }} onSelect={select} />
          )}
        </div>
      </div>
      <Legend />
      <Timeline {...{ execution, states, waits, entries, now, selected }} onSelect={select} />
    </div>
  );
}

const waitsFor = ({ kind }: Box) => kind === "Await" || kind === "Wait";

function Heading({ execution, now, onAws }: { execution: Execution; now: number; onAws: boolean }) {
  return (
    <header className="execution-heading">
      <h1>{execution.name}</h1>
      <dl>
        <div>
          <dt>Status</dt>
          <dd>
            <StatusIcon status={execution.status} /> {statusInWords(execution.status)}
          </dd>
        </div>
        <div>
          <dt>State machine</dt>
          <dd>{machineOf(execution)}</dd>
        </div>
        <div>
          <dt>Attempt</dt>
          <dd>{execution.attempt}</dd>
        </div>
        <div>
          <dt>Started</dt>
          <dd>
            <Moment at={execution.started_at} />
          </dd>
        </div>
        <div>
          <dt>{runs(execution) ? "For" : "Took"}</dt>
          <dd>{inWords(seconds(execution.started_at, execution.ended_at, now))}</dd>
        </div>
        {onAws && (
          <div>
            <dt>On AWS</dt>
            <dd>
              <a href={execution.console_url} target="_blank" rel="noreferrer">
                Step Functions console
              </a>
            </dd>
          </div>
        )}
      </dl>
    </header>
  );
}

/** The way to those that worked for the same attempt: the cleanup that it started, the recordings that it published. */
function Others({ sessionId, execution, others }: Pick<Props, "sessionId" | "others"> & { execution: Execution }) {
  if (others.length < 2) return null;
  return (
    <nav className="execution-others" aria-label={`Executions of attempt ${execution.attempt}`}>
      <ul>
        {others.map((each) => {
          const text = (
            <>
              <StatusIcon status={each.status} /> <span>{machineOf(each)}</span>{" "}
              <span className="muted">{each.name}</span>
            </>
          );
          return (
            <li key={each.arn} aria-current={each.name === execution.name ? "page" : undefined}>
              {each.name === execution.name ? (
                <span>{text}</span>
              ) : (
                <ExecutionLink sessionId={sessionId} name={each.name}>
                  {text}
                </ExecutionLink>
              )}
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

const ENDS: Partial<Record<Outcome, string>> = {
  stopped: "was ended by a stop",
  caught: "failed",
  failed: "failed",
  aborted: "was cut off",
};

/** Where it is, or why it went wrong. */
function Standing({
  states,
  execution,
  now,
  onSelect,
}: {
  states: State[];
  execution: Execution;
  now: number;
  onSelect: (name: string) => void;
}) {
  const here = runs(execution) ? standing(states) : [];
  const wrong = reasons(states);
  return (
    <div className="execution-standing">
      <p role="status" className="visually-hidden">
        {here.map((state) => `${state.name}, ${OUTCOMES[state.outcome]}`).join("; ")}
      </p>
      {here.map((state) => (
        <p key={state.event}>
          <Sign outcome={state.outcome} /> It is in <StateLink name={state.name} onSelect={onSelect} />
          {state.outcome === "waiting" ? ", waiting" : ""} for {inWords(seconds(state.entered_at, null, now))}.
        </p>
      ))}
      {wrong.map((state) => (
        <p key={state.event}>
          <Sign outcome={state.outcome} /> <StateLink name={state.name} onSelect={onSelect} /> {ENDS[state.outcome]}
          {state.error && state.outcome !== "stopped" && (
            <>
              : <strong>{state.error}</strong> {state.cause}
            </>
          )}
          {wasCaught(state) && state.next && (
            <>
              {state.outcome === "stopped" ? ", and went on to " : " It was caught, and went on to "}
              <StateLink name={state.next} onSelect={onSelect} />.
            </>
          )}
        </p>
      ))}
    </div>
  );
}

const StateLink = ({ name, onSelect }: { name: string; onSelect: (name: string) => void }) => (
  <button type="button" className="link" onClick={() => onSelect(name)}>
    {name}
  </button>
);

const Legend = () => (
  <ul className="execution-legend" aria-label="What the signs mean">
    {(Object.keys(OUTCOMES) as (keyof typeof OUTCOMES)[]).map((outcome) => (
      <li key={outcome} className={`outcome ${outcome}`}>
        <OutcomeIcon outcome={outcome} /> {OUTCOMES[outcome]}
      </li>
    ))}
    <li>
      <svg width="30" height="10" aria-hidden="true">
        <path className="line caught" d="M1 5h28" />
      </svg>{" "}
      an error is caught
    </li>
  </ul>
);
