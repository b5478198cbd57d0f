/** Recordings: how each stands, and what to do about it. */

import type { components } from "../api/schema";
import type { Session } from "../state/session";

type Recording = components["schemas"]["RecordingView"];
type Open = components["schemas"]["OpenRecording"];

export const DEFAULT_NAME = "recording";
export const NAME = /^[a-z0-9][a-z0-9_-]{0,30}$/;
const LONGEST_BACK = 86_400;

/** `advice`: what to do, where something is to be done. */
export interface Standing {
  label: string;
  tone: "busy" | "good" | "bad" | "calm";
  advice: string | null;
  canRetry: boolean;
}

export function standing(recording: Recording): Standing {
  switch (recording.state) {
    case "armed":
      return { label: "begins with the first picture", tone: "busy", advice: null, canRetry: false };
    case "open":
      return { label: "recording", tone: "busy", advice: null, canRetry: false };
    case "closed":
      return recording.seconds === null
        ? { label: "being cut", tone: "busy", advice: null, canRetry: false }
        : { label: "being published", tone: "busy", advice: null, canRetry: false };
    case "published":
      return recording.film
        ? { label: "published", tone: "good", advice: gaps(recording), canRetry: false }
        : { label: "published without a film", tone: "bad", advice: retry(recording.film_failure), canRetry: true };
    case "failed":
      return { label: "failed", tone: "bad", advice: retry(recording.reason), canRetry: true };
    case "expired":
      return {
        label: "expired",
        tone: "calm",
        advice: "Its files were removed after the days that they are kept.",
        canRetry: false,
      };
    case "deleted":
      return { label: "deleted", tone: "calm", advice: null, canRetry: false };
  }
}

/** Seconds that an open recording has been running for; null while it waits for its first picture. */
export function runningFor(open: Open, now: number): number | null {
  return open.start === null ? null : Math.max(0, Math.floor((now - new Date(open.start).getTime()) / 1000));
}

/** Whole seconds to reach back by, so that what is seen in the preview is in it. `lag` in ms. */
export function secondsBack(lag: number | null): number {
  return lag === null ? 10 : Math.min(LONGEST_BACK, Math.max(1, Math.ceil(lag / 1000)));
}

/** Why nothing can be recorded now; null if it can. */
export function whyNot(session: Session): string | null {
  if (session.record === "off") return "This session stores nothing: it was created with recording off.";
  if (["created", "ended", "failed"].includes(session.state)) return "Start the session first, then record.";
  if (session.state === "stopping") return "The session is stopping: nothing more is recorded.";
  return null;
}

/** A name that no open window has: `recording`, `recording-2`, ... */
export function freeName(open: Open[]): string {
  const taken = new Set(open.map((each) => each.name));
  let name = DEFAULT_NAME;
  for (let number = 2; taken.has(name); number += 1) name = `${DEFAULT_NAME}-${number}`;
  return name;
}

/** 3:07 or 1:02:03. */
export function clockOf(seconds: number): string {
  const whole = Math.floor(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

export function sizeOf(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

function retry(why: string | null): string {
  return `${why ?? "AWS did not say why."} Press Try again.`;
}

function gaps(recording: Recording): string | null {
  if (!recording.gaps) return null;
  const seconds = (recording.gap_seconds ?? 0).toFixed(1);
  return `${recording.gaps === 1 ? "A part" : `${recording.gaps} parts`} of it, ${seconds} s in all, was not stored.`;
}
