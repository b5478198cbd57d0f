// What an execution did, as the page tells it. States come from the API; here they are put together, counted and named.
import type { components } from "../api/schema";
import { inWords, seconds } from "./time";

export type History = components["schemas"]["History"];
export type State = components["schemas"]["HistoryState"];
export type Execution = components["schemas"]["Execution"];
export type Layout = components["schemas"]["Layout"];
export type Box = components["schemas"]["Box"];
export type Line = components["schemas"]["Line"];
export type Entry = components["schemas"]["TimelineEntry"];
export type Outcome = State["outcome"];

export const OUTCOMES: Record<Outcome, string> = {
  running: "running",
  waiting: "waiting",
  done: "done",
  stopped: "ended by a stop",
  caught: "failed, caught",
  failed: "failed",
  aborted: "cut off",
};

export const outcomeOf = (state: State) => OUTCOMES[state.outcome];

/** Whether a Catch led on from it. */
export const wasCaught = (state: State) => state.outcome === "caught" || state.outcome === "stopped";

/** What was seen, with what an answer to its `after` has told since. */
export function merged(seen: History, newer: History): History {
  const states = new Map(seen.states.map((state) => [state.event, state]));
  for (const state of newer.states) {
    const before = states.get(state.event);
    states.set(state.event, before ? gone_on(before, state) : state);
  }
  return {
    execution: newer.execution,
    states: [...states.values()].sort((a, b) => a.event - b.event),
    drawing: newer.drawing ?? seen.drawing,
    after: newer.after,
  };
}

function gone_on(before: State, now: State): State {
  const changed = Object.fromEntries(Object.entries(now).filter(([, value]) => value !== null));
  return {
    ...before,
    ...changed,
    problems: [...before.problems, ...now.problems],
    looked_at: [...before.looked_at, ...now.looked_at],
  };
}

/** By name, in the order they were entered: a state of a loop, or of a branch that was tried again, has several. */
export function visits(states: State[]): Map<string, State[]> {
  const found = new Map<string, State[]>();
  for (const state of states) {
    const before = found.get(state.name);
    if (before) before.push(state);
    else found.set(state.name, [state]);
  }
  return found;
}

export const stands = (state: State) => state.outcome === "running" || state.outcome === "waiting";

/** The states that the execution is in: the innermost, so not a Parallel whose branches run. */
export function standing(states: State[]): State[] {
  const now = states.filter(stands);
  const inner = now.filter((state) => state.type !== "Parallel");
  return inner.length ? inner : now;
}

/** Tries that were no looks: a wait that looks again has not failed. */
export const tries = (state: State) => Math.max(0, state.attempts - state.looks);

export const counted = (number: number, one: string, many: string) => `${number} ${number === 1 ? one : many}`;

/** How often it looked and tried, where that is more than once: `3 looks`. */
export function counts(state: State): string[] {
  const tried = tries(state);
  return [
    ...(state.looks ? [counted(state.looks, "look", "looks")] : []),
    ...(tried > 1 ? [counted(tried, "try", "tries")] : []),
  ];
}

/** `WaitChannelRunning, done, 3 looks, 190 s`: a state for who cannot see it. */
export function spoken(name: string, seen: State[], now: number): string {
  const last = seen.at(-1);
  if (!last) return `${name}, not entered`;
  const parts = [name, outcomeOf(last), ...counts(last), inWords(seconds(last.entered_at, last.left_at, now))];
  if (wasCaught(last) && last.next) parts.push(`led to ${last.next}`);
  if (seen.length > 1) parts.push(`entered ${seen.length} times`);
  return parts.join(", ");
}

/** Which ways of the drawing were taken. */
export function taken(lines: Line[], states: State[]): Set<Line> {
  const names = new Set(states.map((state) => state.name));
  const ways = new Map<string, State[]>();
  for (const state of states) {
    if (!state.next) continue;
    const key = way(state.name, state.next);
    ways.set(key, [...(ways.get(key) ?? []), state]);
  }
  return new Set(
    lines.filter(({ edge }) =>
      edge.way === "entry" ? names.has(edge.target) : (ways.get(way(edge.source, edge.target)) ?? []).some(fits(edge)),
    ),
  );
}

const way = (source: string, target: string) => `${source}\n${target}`;

/** Of two ways between the same states one is for errors; of two of those, one names the error. */
const fits = (edge: Line["edge"]) => (state: State) => {
  if (edge.way !== "caught") return !wasCaught(state);
  const errors = edge.about.split(", ");
  return wasCaught(state) && (errors.includes("States.ALL") || errors.includes(state.error ?? ""));
};

/** `session`, `cleanup`, ...: the state machine that an execution is of. */
export const machineOf = (execution: Execution) => execution.arn.split(":").at(-2)?.split("-").at(-1) ?? "";

export const runs = (execution: Execution) => execution.ended_at === null;

const TOLD = 4;

/** The states in which it was ended or something went wrong, the first ones: what comes later is what came of it. */
export function reasons(states: State[]): State[] {
  const wrong = states.filter(
    (state) => state.error && ["stopped", "caught", "failed", "aborted"].includes(state.outcome),
  );
  const own = wrong.filter((state) => state.type !== "Fail" && state.type !== "Parallel");
  return (own.length ? own : wrong).slice(0, TOLD);
}
