/** The states of a session, in words. */

import type { components } from "../api/schema";

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

/** Why it is so, in words; the API's own name its routes where nothing was begun yet. */
export function told(session: { state: State; reason: string | null; message: string }): string {
  if (session.state === "created") return "Not started yet. Prepare it to have the addresses, or go live.";
  return session.reason ?? session.message;
}
