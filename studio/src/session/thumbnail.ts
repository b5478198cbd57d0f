/** The picture of the source on air: how often to ask for it, and how old it is. */

const USUAL = 10_000; // ms; with the session's looks an open page stays below a cent an hour
const SOON = 2000; // MediaLive makes one so often
const NEW_FOR = 10_000; // ms after a cut, in which the first picture of the source comes

/** Milliseconds until the next look. `onAirAt`: since when the source is on air. */
export function lookEvery(onAirAt: string | null, now: number): number {
  return onAirAt !== null && now - new Date(onAirAt).getTime() < NEW_FOR ? SOON : USUAL;
}

export function ageText(at: string, now: number): string {
  const seconds = Math.max(0, Math.round((now - new Date(at).getTime()) / 1000));
  return seconds < 120 ? `${seconds} s ago` : `${Math.floor(seconds / 60)} min ago`;
}
