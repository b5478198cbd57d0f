/** When a level takes effect. */

import type { components } from "../api/schema";

type SourceLevel = components["schemas"]["SourceLevel"];
export type Wanted = SourceLevel | components["schemas"]["ProgrammeLevel"];
type Effect = Wanted["effect"];

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

/** Why it is so, and what to do about it. `playsFiles`: whether it is the level of the tracks. */
export function why(level: Wanted, playsFiles: boolean, loudness: number | null): string {
  const isProgramme = !("source" in level);
  const wanted = level.mute ? "mute it" : `set it to ${decibels(level.gain_db)}`;
  switch (level.effect) {
    case "overridden_by_loudness":
      return `Everything is brought to ${loudness} LKFS, whatever is set here.`;
    case "at_next_start":
      return "MediaLive changes no level of a channel that exists.";
    case "at_sender":
      return `MediaLive can't: ${wanted} where it is sent from, in OBS by the Audio Mixer.`;
    case "at_next_play":
      return "What plays stays as it is. A track plays so once its copy is made; the tracklist shows which are not yet.";
    case "in_effect":
      if (isProgramme) return "The whole show is as it is set here.";
      return playsFiles ? "Tracks play as it is set here." : "It is on air as it is sent.";
  }
}
