// The states in the order they were entered: the drawing for who would rather read it, or has no room for it.
import { useState } from "react";
import { counts, outcomeOf, stands, type State } from "./history";
import { Sign } from "./OutcomeIcon";
import { inWords, moment, offset, seconds } from "./time";

const SHOWN = 200; // of a loop there may be thousands

interface Props {
  states: State[];
  start: string;
  now: number;
  onSelect: (name: string) => void;
}

export function StateList({ states, start, now, onSelect }: Props) {
  const [all, setAll] = useState(false);
  const shown = all ? states : states.slice(-SHOWN);
  return (
    <section className="state-list" aria-label="States">
      <header>
        <h2>States</h2>
        <span className="muted">{states.length ? "Choose one for its input, output and errors." : ""}</span>
      </header>
      {states.length === 0 && <p>Nothing has happened yet.</p>}
      {shown.length < states.length && (
        <button type="button" className="small" onClick={() => setAll(true)}>
          Show the {states.length - shown.length} before
        </button>
      )}
      <ol>
        {shown.map((state) => (
          <li key={state.event}>
            <button type="button" onClick={() => onSelect(state.name)} className={stands(state) ? "current" : ""}>
              <Sign outcome={state.outcome} />
              <span className="list-name">{state.name}</span>
              <span className="list-about">
                {[...(state.outcome === "done" ? [] : [outcomeOf(state)]), ...counts(state)].join(", ")}
              </span>
              <span className="list-time">+{offset(moment(state.entered_at) - moment(start), 100)}</span>
              <span className="list-took">{inWords(seconds(state.entered_at, state.left_at, now))}</span>
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}
