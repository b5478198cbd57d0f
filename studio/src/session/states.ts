/** The states of a session, in words. */

import type { components } from "../api/schema";
import { plain } from "../words";

type State = components["schemas"]["SessionNow"]["state"];

export const STATES: Record<State, { text: string; tone: "busy" | "good" | "bad" | "calm" | "live"; runs: boolean }> = {
  created: { text: "created", tone: "calm", runs: false },
  preparing: { text: "preparing", tone: "busy", runs: true },
  ready: { text: "ready", tone: "good", runs: true },
  starting: { text: "starting", tone: "busy", runs: true },
  waiting_for_input: { text: "waiting for a picture", tone: "busy", runs: true },
  live: { text: "live", tone: "live", runs: true },
  stopping: { text: "stopping", tone: "busy", runs: true },
  ended: { text: "ended", tone: "calm", runs: false },
  failed: { text: "failed", tone: "bad", runs: false },
};

/** What to do next, where that is one of the page's buttons. */
const NEXT: Partial<Record<State, string>> = {
  created: "Not started yet. Prepare it to have the addresses, or go live.",
  ready: "Everything is made, and nothing runs. Go live when you want to.",
  ended: "Ended. It can go live again.",
  failed: "It can go live again.",
};

/** Why it is so, in words, and what can be done. */
export function told(session: { state: State; reason: string | null; message: string }): string {
  const next = NEXT[session.state] ?? plain(session.message);
  return session.reason === null ? next : `${session.reason.replace(/[^.!?]$/, "$&.")} ${next}`;
}
