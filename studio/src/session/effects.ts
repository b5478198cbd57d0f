/** When a level takes effect, in few words; the API's message says the rest. */

import type { components } from "../api/schema";

type Effect = components["schemas"]["SourceLevel"]["effect"] | components["schemas"]["ProgrammeLevel"]["effect"];

export const LEAST_DB = -60;
export const MOST_DB = 6;
export const LOUDNESS = [-14, -16, -18, -23, -24] as const; // LKFS: web and podcasts, broadcast

export const EFFECTS: Record<Effect, { text: string; isNow: boolean }> = {
  in_effect: { text: "in effect", isNow: true },
  at_next_play: { text: "from the next play on", isNow: false },
  at_next_start: { text: "from the next start on", isNow: false },
  at_sender: { text: "set it at the sender", isNow: false },
  overridden_by_loudness: { text: "levelled out by the loudness", isNow: false },
};

export function decibels(gain: number): string {
  return gain === LEAST_DB ? "silent" : `${gain > 0 ? "+" : gain < 0 ? "−" : ""}${Math.abs(gain)} dB`;
}
