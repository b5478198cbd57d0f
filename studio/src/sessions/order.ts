/** The list of sessions: what runs comes first, on whatever page it stands. */

import type { components } from "../api/schema";
import { STATES } from "../session/states";

export type Listed = components["schemas"]["SessionPage"]["sessions"][number];

/** Each session once: live ones, others that run, then the rest; the newest first in each. `running` is the fresher. */
export function ordered(running: Listed[], pages: Listed[]): Listed[] {
  const all = [...new Map([...pages, ...running].map((each) => [each.id, each])).values()];
  return all.sort((one, other) => rank(one) - rank(other) || other.created_at.localeCompare(one.created_at));
}

/** Whether a session is meant by what somebody typed. */
export function isMeant({ title, id, state }: Listed, text: string): boolean {
  return `${title} ${id} ${STATES[state].text}`.toLowerCase().includes(text.trim().toLowerCase());
}

const rank = ({ state }: Listed) => (state === "live" ? 0 : STATES[state].runs ? 1 : 2);
