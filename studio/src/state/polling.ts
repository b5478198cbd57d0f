/** How often to ask, and what to make of what comes. */

import type { components } from "../api/schema";

type Entry = components["schemas"]["TimelineEntry"];

export const USUAL = 2000;
const EAGER = 1000;
const HIDDEN = 10_000;
const EAGER_FOR = 30_000; // ms after an action
const SLACK = 3000; // ms for an answer to come

/** Milliseconds until the next look. `acted`: when somebody last pressed a button. */
export function pollEvery(now: number, acted: number | undefined, isHidden: boolean): number {
  if (isHidden) return HIDDEN;
  return acted !== undefined && now - acted < EAGER_FOR ? EAGER : USUAL;
}

/** Entries in their order, each once: some come again. */
export function merged(before: Entry[], more: Entry[]): Entry[] {
  const known = new Map([...before, ...more].map((each) => [each.id, each]));
  return [...known.values()].sort((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0));
}

/** Whether it is to be said that what is shown is old. `every`: ms between two looks. */
export function isStale(answeredAt: number, now: number, isHidden: boolean, every = USUAL): boolean {
  return now - answeredAt >= (isHidden ? HIDDEN : every) + SLACK;
}
