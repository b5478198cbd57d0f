// What stands on the axis of time, and where. Times are milliseconds since the start, places are pixels.
import { counted, counts, outcomeOf, stands, type Entry, type Outcome, type State } from "./history";
import { inWords, moment } from "./time";

export interface View {
  from: number;
  to: number;
}

/** A bar: one state, or several that stand too close to be told apart. */
export interface Bar {
  from: number;
  to: number;
  row: number;
  states: State[];
  outcome: Outcome;
  /** Whether a name that the bar is too narrow for may stand behind it. */
  hasRoom: boolean;
}

/** A mark: what happened at a moment, or several things too close to be told apart. */
export interface Mark {
  at: number;
  things: Thing[];
}

export interface Thing {
  at: number;
  text: string;
  detail?: string;
  tone: "look" | "problem" | "event" | "state" | "person";
}

const WORST: Outcome[] = ["failed", "aborted", "caught", "running", "waiting", "stopped", "done"];
export const worst = (states: State[]) =>
  WORST.find((each) => states.some(({ outcome }) => outcome === each)) ?? "done";

export const place = (at: number, view: View, width: number) => ((at - view.from) / (view.to - view.from)) * width;

const LETTER = 6.4; // pixels of a letter in a bar
const ROWS = 4; // that there may be to have room for names

export const nameWidth = (name: string) => name.length * LETTER + 8;

/** Each state in the first row that is free; those narrower than `least` pixels are one bar with their neighbours. */
export function bars(states: State[], start: number, now: number, view: View, width: number, least = 3): Bar[] {
  const found: Bar[] = [];
  const last: Bar[] = []; // of each row
  const ends: number[] = []; // of each row, with the name that stands there
  const pixel = (view.to - view.from) / width;
  for (const state of states) {
    const from = moment(state.entered_at) - start;
    const to = (state.left_at === null ? now : moment(state.left_at)) - start;
    if (to < view.from || from > view.to) continue;
    const near = last.findIndex((bar) => from >= bar.to - 1 && from - bar.to < pixel * least && narrow(bar, to));
    const bar = last[near];
    if (bar) {
      bar.states.push(state);
      bar.to = Math.max(bar.to, to);
      bar.outcome = worst(bar.states);
      ends[near] = Math.max(ends[near]!, bar.to);
      continue;
    }
    const row = freeRow(from);
    const made = { from, to, row, states: [state], outcome: state.outcome, hasRoom: true };
    last[row] = made;
    const name = nameWidth(state.name) * pixel;
    ends[row] = name < to - from ? to : to + name;
    found.push(made);
  }
  return found;

  /** Where there are rows enough, a name gives way to a bar. */
  function freeRow(from: number): number {
    const free = ends.findIndex((end) => end <= from);
    if (free >= 0) return free;
    const gives = ends.length < ROWS ? -1 : last.findIndex((bar) => bar.to <= from);
    if (gives < 0) return ends.length;
    last[gives]!.hasRoom = false;
    return gives;
  }

  /** Whether a bar, and the state to come, are both too narrow to stand alone. */
  function narrow(bar: Bar, to: number): boolean {
    const last = bar.states.at(-1);
    const own = last ? (last.left_at === null ? now : moment(last.left_at)) - moment(last.entered_at) : 0;
    return own < pixel * least && to - bar.to < pixel * least;
  }
}

/** Things within `near` pixels of the first of them are one mark. */
export function marks(things: Thing[], view: View, width: number, near = 12): Mark[] {
  const found: Mark[] = [];
  const reach = ((view.to - view.from) / width) * near;
  for (const thing of [...things].sort((a, b) => a.at - b.at)) {
    if (thing.at < view.from || thing.at > view.to) continue;
    const last = found.at(-1);
    if (last && thing.at - last.at < reach) last.things.push(thing);
    else found.push({ at: thing.at, things: [thing] });
  }
  return found;
}

/** A stop reaches a state as its last problem. */
const failures = ({ outcome, problems }: State) => (outcome === "stopped" ? problems.slice(0, -1) : problems);

/** The looks of waits, and the errors of tries. */
export function looks(states: State[], start: number): Thing[] {
  return states.flatMap((state) => [
    ...state.looked_at.map((at, i) => ({
      at: moment(at) - start,
      text: `${state.name} looked, ${counted(i + 1, "time", "times")}`,
      tone: "look" as const,
    })),
    ...failures(state).map((problem) => ({
      at: moment(problem.at) - start,
      text: `${state.name}: ${problem.error ?? "an error"}`,
      ...(problem.cause ? { detail: problem.cause } : {}),
      tone: "problem" as const,
    })),
  ]);
}

/** The entries of the session's timeline that are of an attempt: what people did, and what MediaLive and IVS told. */
export function told(entries: Entry[], attempt: number, start: number): { people: Thing[]; events: Thing[] } {
  const own = entries.filter((entry) => entry.attempt === attempt);
  const thing = (entry: Entry): Thing => ({
    at: moment(entry.at) - start,
    text: entry.text,
    tone: byPeople(entry) ? "person" : entry.state ? "state" : "event",
  });
  return { people: own.filter(byPeople).map(thing), events: own.filter((entry) => !byPeople(entry)).map(thing) };
}

const byPeople = (entry: Entry) => entry.by !== null || / requested$/.test(entry.text);

/** Steps of the axis: the smallest of the usual ones that leaves `apart` pixels between two. */
const STEPS = [
  10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 1.5e4, 3e4, 6e4, 12e4, 3e5, 6e5, 9e5, 18e5, 36e5, 72e5, 216e5, 432e5,
  864e5,
];

export function steps(view: View, width: number, apart = 80): { step: number; at: number[] } {
  const least = ((view.to - view.from) / width) * apart;
  const step = STEPS.find((each) => each >= least) ?? 864e5 * Math.ceil(least / 864e5);
  const at: number[] = [];
  for (let next = Math.ceil(view.from / step) * step; next <= view.to; next += step) at.push(next);
  return { step, at };
}

const LEAST = 50; // milliseconds that a view is wide at least

/** A view within the whole; `around` keeps its place. */
export function zoomed(view: View, factor: number, whole: View, around = (view.from + view.to) / 2): View {
  const length = Math.max(LEAST, (view.to - view.from) * factor);
  const share = (around - view.from) / (view.to - view.from);
  return within({ from: around - length * share, to: around + length * (1 - share) }, whole);
}

export const moved = (view: View, by: number, whole: View): View =>
  within({ from: view.from + (view.to - view.from) * by, to: view.to + (view.to - view.from) * by }, whole);

export function within(view: View, whole: View): View {
  const length = view.to - view.from;
  if (length >= whole.to - whole.from) return whole;
  const from = Math.min(Math.max(view.from, whole.from), whole.to - length);
  return { from, to: from + length };
}

/** `Live, done, 12 looks, 3 h 05 min`; of several `4 states, Plan to CreateChannel`. */
export function barText(bar: Bar): string {
  const [first] = bar.states;
  const took = inWords((bar.to - bar.from) / 1000);
  if (!first) return "";
  if (bar.states.length === 1) return [first.name, outcomeOf(first), ...counts(first), took].join(", ");
  const names = `${first.name} to ${bar.states.at(-1)?.name}`;
  return `${bar.states.length} states, ${names}, ${stands(bar.states.at(-1)!) ? "running" : took}`;
}

const NAMED = 6;

/** Of several things the first ones, and how many more there are. */
export function markText({ things }: Mark): string {
  const named = things.slice(0, NAMED).map(({ text }) => text);
  if (things.length === 1) return named.join();
  const more = things.length > NAMED ? [`${things.length - NAMED} more`] : [];
  return `${things.length} together: ${[...named, ...more].join("; ")}`;
}
