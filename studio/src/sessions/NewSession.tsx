import { useId, useState, type InputHTMLAttributes, type ReactNode } from "react";
import { api } from "../api/client";
import { Button } from "../Button";
import { go, sessionPath } from "../router";
import { ProblemNote, useAct } from "../state/act";
import * as wish from "./wish";
import { FIRST, PRIVACY, PROFILES, RECORD, SLATE, STAY, type Field, type Form, type Problems } from "./wish";

/** Creates a session, and goes to it. */
export function NewSession() {
  const { act, busy, problem, field } = useAct("");
  const [form, setForm] = useState(FIRST);
  const [isMore, setIsMore] = useState(false);
  const [isSent, setIsSent] = useState(false); // from then on what is wrong is said at once
  const own = isSent ? wish.problemsOf(form) : {};
  const refused = wish.fieldOf(field);
  const wrong: Problems = refused && problem ? { [refused]: problem, ...own } : own;
  const set = (change: Partial<Form>) => setForm((before) => ({ ...before, ...change }));
  const isOpen = isMore || MORE.some((each) => wrong[each]);

  const create = async () => {
    setIsSent(true);
    if (Object.keys(wish.problemsOf(form)).length > 0) return;
    const body = wish.wishOf(form);
    const made = await act((header) => api.POST("/sessions", { params: { header }, body }), JSON.stringify(body));
    if (made) go(sessionPath(made.session.id));
  };
  return (
    <form
      className="panel new-session"
      aria-label="New session"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void create();
      }}
    >
      <Labelled label="Title" wrong={wrong.title}>
        {(known) => (
          <input
            {...known}
            value={form.title}
            maxLength={200}
            autoFocus
            onChange={(event) => set({ title: event.target.value })}
          />
        )}
      </Labelled>
      <Labelled label="Picture">
        {(known) => (
          <select
            {...known}
            value={form.profile}
            onChange={(event) => set({ profile: event.target.value as Form["profile"] })}
          >
            {PROFILES.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        )}
      </Labelled>
      <Labelled label="Keep">
        {(known) => <Choice {...known} of={RECORD} value={form.record} onChoose={(record) => set({ record })} />}
      </Labelled>
      <Labelled label="Sources that publish, two at most" wrong={wrong.sources}>
        {(known) => <input {...known} value={form.pushed} onChange={(event) => set({ pushed: event.target.value })} />}
      </Labelled>
      <label className="check">
        <input
          type="checkbox"
          checked={form.hasTracks}
          onChange={(event) => set({ hasTracks: event.target.checked })}
        />
        With a tracklist
      </label>
      <button type="button" aria-expanded={isOpen} onClick={() => setIsMore(!isOpen)}>
        More
      </button>
      {isOpen && <More form={form} set={set} wrong={wrong} />}
      <ProblemNote problem={refused ? null : problem} />
      <div className="buttons">
        <Button type="submit" className="primary" disabled={busy}>
          Create
        </Button>
      </div>
    </form>
  );
}

const MORE: Field[] = ["fallback", "liveHours", "idleMinutes", "budget"];

/** What may stay as it is. */
function More({ form, set, wrong }: { form: Form; set: (change: Partial<Form>) => void; wrong: Problems }) {
  return (
    <div className="more">
      <Labelled label="If the one on air stops sending" wrong={wrong.fallback}>
        {(known) => (
          <span className="inline">
            <select {...known} value={form.fallback} onChange={(event) => set({ fallback: event.target.value })}>
              <option value={SLATE}>show the slate</option>
              {wish.namesOf(form).map((each) => (
                <option key={each} value={each}>
                  show {each}
                </option>
              ))}
              <option value={STAY}>stay with it</option>
            </select>
            {form.fallback !== STAY && (
              <>
                after
                <NumberInput
                  aria-label="Seconds without a picture"
                  min={1}
                  max={600}
                  value={form.fallbackSeconds}
                  onEnter={(fallbackSeconds) => set({ fallbackSeconds })}
                />
                s
              </>
            )}
          </span>
        )}
      </Labelled>
      <Labelled label="The show ends after, in hours" wrong={wrong.liveHours}>
        {(known) => (
          <NumberInput
            {...known}
            min={0.5}
            max={24}
            step={0.5}
            value={form.liveHours}
            onEnter={(liveHours) => set({ liveHours })}
          />
        )}
      </Labelled>
      <Labelled label="… or when nobody has sent for, in minutes (0: never)" wrong={wrong.idleMinutes}>
        {(known) => (
          <NumberInput
            {...known}
            min={0}
            max={1440}
            value={form.idleMinutes}
            onEnter={(idleMinutes) => set({ idleMinutes })}
          />
        )}
      </Labelled>
      <Labelled label="It may cost, in dollars (empty: anything)" wrong={wrong.budget}>
        {(known) => (
          <span className="inline">
            <NumberInput
              {...known}
              min={1}
              max={100000}
              value={form.budgetDollars}
              onEnter={(budgetDollars) => set({ budgetDollars })}
            />
            {form.budgetDollars && (
              <label className="check">
                <input
                  type="checkbox"
                  checked={form.stopsThen}
                  onChange={(event) => set({ stopsThen: event.target.checked })}
                />
                end it then
              </label>
            )}
          </span>
        )}
      </Labelled>
      {form.record !== "off" && (
        <Labelled label="What lies outside all recordings">
          {(known) => (
            <Choice {...known} of={PRIVACY} value={wish.privacyOf(form)} onChoose={(privacy) => set({ privacy })} />
          )}
        </Labelled>
      )}
      <p className="hint">
        You are warned 10 minutes and 1 minute before the show ends by itself, and at 80 % of what it may cost; you can
        go on then.
      </p>
    </div>
  );
}

type Known = { id: string; "aria-invalid"?: true; "aria-describedby"?: string };

/** A field with its label, and what is wrong with it. */
function Labelled(props: { label: string; wrong?: string; children: (known: Known) => ReactNode }) {
  const { label, wrong, children } = props;
  const id = useId();
  return (
    <div className="labelled">
      <label htmlFor={id}>{label}</label>
      {children(wrong ? { id, "aria-invalid": true, "aria-describedby": `${id}-wrong` } : { id })}
      {wrong && (
        <span id={`${id}-wrong`} className="wrong" role="alert">
          {wrong}
        </span>
      )}
    </div>
  );
}

function NumberInput({
  onEnter,
  ...rest
}: InputHTMLAttributes<HTMLInputElement> & { onEnter: (text: string) => void }) {
  return <input {...rest} type="number" className="number" onChange={(event) => onEnter(event.target.value)} />;
}

function Choice<T extends string>(
  props: Known & { of: Readonly<Record<T, string>>; value: T; onChoose: (value: T) => void },
) {
  const { of, onChoose, ...rest } = props;
  return (
    <select {...rest} onChange={(event) => onChoose(event.target.value as T)}>
      {(Object.entries(of) as [T, string][]).map(([name, text]) => (
        <option key={name} value={name}>
          {text}
        </option>
      ))}
    </select>
  );
}
