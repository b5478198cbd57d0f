/** What the preview's own sound says: how loud it is, and for how long it has been silent. Levels are dB of full scale. */

import { SLATE } from "./switching";

export const FLOOR = -60; // shown as nothing
const QUIET = -50;
const ALARM = 10_000; // ms of quiet

/** The peak of some samples, from `FLOOR` to 0. */
export function peakOf(samples: Float32Array): number {
  let peak = 0;
  for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  return peak === 0 ? FLOOR : Math.max(FLOOR, Math.min(0, 20 * Math.log10(peak)));
}

/** `quietSince`: when the sound went quiet, in ms; null while there is some, or nobody listens. */
export interface Heard {
  level: number;
  quietSince: number | null;
}

export const NOTHING_HEARD: Heard = { level: FLOOR, quietSince: null };

export function hear(before: Heard, level: number, now: number): Heard {
  return { level, quietSince: level > QUIET ? null : (before.quietSince ?? now) };
}

/** Seconds of silence once there is something to tell of it, else null. The slate has no sound: that is no alarm. */
export function silentFor(heard: Heard, now: number, onAir: string | null): number | null {
  if (heard.quietSince === null || onAir === SLATE || now - heard.quietSince < ALARM) return null;
  return Math.floor((now - heard.quietSince) / 1000);
}

/** How much of a meter is lit, from 0 to 1. */
export function lit(level: number): number {
  return (Math.max(FLOOR, Math.min(0, level)) - FLOOR) / -FLOOR;
}
