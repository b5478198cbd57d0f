/** How late the preview is: PROGRAM-DATE-TIME is when the encoder made the picture that is on the screen. */

const LATE = 30_000; // ms behind at which it jumps to the newest pictures: a tab that was hidden, a network that was away

/** Milliseconds between the picture on the screen and now; null where the playlist has no PROGRAM-DATE-TIME. */
export function lagOf(shown: Date | null, now: number): number | null {
  if (shown === null || Number.isNaN(shown.getTime())) return null;
  return Math.max(0, now - shown.getTime());
}

export function lagText(lag: number | null): string {
  if (lag === null) return "How late it is, the stream does not say";
  const seconds = Math.round(lag / 1000);
  return seconds < 120 ? `${seconds} s behind` : `${Math.floor(seconds / 60)} min ${seconds % 60} s behind`;
}

export function isLate(lag: number | null): boolean {
  return lag !== null && lag > LATE;
}

/** Milliseconds to wait before the nth try to connect again, from 0 on. */
export function backoff(tries: number): number {
  return Math.min(8000, 1000 * 2 ** tries);
}
