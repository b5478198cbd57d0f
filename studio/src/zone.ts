/** Moments in words. */

/** In the viewer's zone, with the day where that is not today. */
export function inZone(at: string, now: Date): string {
  const time = new Date(at);
  if (time.toDateString() === now.toDateString()) return time.toLocaleTimeString();
  return time.toLocaleString([], { dateStyle: "medium", timeStyle: "medium" });
}

/** `2026-01-09 20:00:00.123 UTC` */
export const utc = (at: string) => `${at.slice(0, 10)} ${at.slice(11).replace("Z", "")} UTC`;
