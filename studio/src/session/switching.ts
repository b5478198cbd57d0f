/** The source buttons: what each says, by MediaLive's word alone. */

import type { components } from "../api/schema";
import type { Session } from "../state/session";

type PendingSwitch = components["schemas"]["PendingSwitch"];

export const SLATE = "slate";
const OF_THE_LIST = "track-"; // how the names of its actions begin
const LEAST_AHEAD = 15_000;
const MOST_AHEAD = 14 * 86_400_000;

/** `pending`: asked for at once and not confirmed; `unconfirmed` is what should be on air by now. */
export interface SourceButton {
  name: string;
  playsFiles: boolean;
  isOnAir: boolean;
  pending: "asked" | "unconfirmed" | null;
  isCued: boolean;
  publishing: "yes" | "no" | "unknown" | null;
}

export function sourceButtons(session: Session): SourceButton[] {
  const slate = { name: SLATE, type: "MP4_FILE" as const };
  return [...session.sources, slate].map((source) => {
    const ingest = session.ingest.find((each) => each.source === source.name);
    return {
      name: source.name,
      playsFiles: source.type === "MP4_FILE" && source.name !== SLATE,
      isOnAir: session.on_air === source.name,
      pending: pendingOf(session, source.name),
      isCued: session.cued?.source === source.name,
      publishing: ingest?.publishing ?? null,
    };
  });
}

/** What comes at a time or behind a file, in the order in which it was asked for; the tracklist shows its own. */
export function toCome(session: Session): PendingSwitch[] {
  return session.switches.filter((each) => (each.at ?? each.after) !== null && !each.action.startsWith(OF_THE_LIST));
}

/** A switch, and what it is asked on top of: the same again is meant once, until what is on air or comes has changed. */
export function onTopOf(session: Session, wish: unknown): string {
  return JSON.stringify([wish, session.on_air_at, session.taking, session.switches.map((each) => each.action)]);
}

/** Whether sources can be switched now. */
export function canSwitch(session: Session): boolean {
  return session.state === "live" || session.state === "waiting_for_input";
}

export const PUBLISHING = {
  yes: "publishing: yes",
  no: "publishing: no",
  unknown: "publishing: unknown",
} as const;

/** Why `unknown` is all that can be said. */
export const UNKNOWN = "AWS tells this of the source on air only. Look at the sender.";

/** A time that a person chose, as the API takes it, or why it can't be. `chosen`: local, of an `<input>`. */
export function switchTime(chosen: string, now: number): { at: string } | { problem: string } {
  const at = new Date(chosen).getTime();
  if (Number.isNaN(at)) return { problem: "Choose a day and a time." };
  if (at - now < LEAST_AHEAD) return { problem: "Choose a time at least 15 seconds ahead." };
  if (at - now > MOST_AHEAD) return { problem: "Choose a time within the next 14 days." };
  return { at: new Date(at).toISOString() };
}

/** A time for an `<input type="datetime-local">`, in this browser's zone, to the second. */
export function localTime(time: number): string {
  const there = new Date(time - new Date(time).getTimezoneOffset() * 60_000);
  return there.toISOString().slice(0, 19);
}

function pendingOf(session: Session, name: string): SourceButton["pending"] {
  const asked = session.switches.find((each) => each.source === name && each.at === null && each.after === null);
  if (asked) return asked.state;
  return session.taking === name && session.on_air !== name ? "asked" : null;
}
