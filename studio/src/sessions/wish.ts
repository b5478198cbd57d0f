/** The form of a new session: what it begins with, what can be wrong in it, and what the API is asked for. */

import type { components } from "../api/schema";

type Wish = components["schemas"]["NewSession"];

export const PROFILES = ["360p30", "480p30", "720p30", "1080p30"] as const;
export const RECORD = { auto: "the whole show", manual: "what I record", off: "nothing" } as const;
export const PRIVACY = { keep: "stays stored", trim: "is deleted when the show has ended" } as const;
export const SLATE = "slate";
export const STAY = ""; // no fallback: what is on air stays there

/** As it is typed: numbers may not be any. */
export interface Form {
  title: string;
  profile: (typeof PROFILES)[number];
  record: keyof typeof RECORD;
  pushed: string;
  hasTracks: boolean;
  fallback: string; // a source, or STAY
  fallbackSeconds: string;
  liveHours: string;
  idleMinutes: string; // 0: for ever
  budgetDollars: string; // empty: it may cost anything
  stopsThen: boolean;
  privacy: keyof typeof PRIVACY | null; // not chosen: as `record` has it
}

export const FIRST: Form = {
  title: "",
  profile: "720p30",
  record: "auto",
  pushed: "host, callers",
  hasTracks: true,
  fallback: SLATE,
  fallbackSeconds: "10",
  liveHours: "8",
  idleMinutes: "30",
  budgetDollars: "",
  stopsThen: false,
  privacy: null,
};

/** What of the form an error is about. */
export const FIELDS = ["title", "sources", "fallback", "liveHours", "idleMinutes", "budget"] as const;
export type Field = (typeof FIELDS)[number];
export type Problems = Partial<Record<Field, string>>;

const SOURCE = /^[a-z][a-z0-9_-]{0,30}$/;
const MOST_PUSHED = 2;
const TRACKS = "tracklist";

export const namesOf = ({ pushed }: Form) => pushed.split(/[\s,]+/).filter(Boolean);

export const privacyOf = ({ privacy, record }: Form) => privacy ?? (record === "manual" ? "trim" : "keep");

export function wishOf(form: Form): Wish {
  const sources: Wish["sources"] = namesOf(form).map((name) => ({ name, type: "RTMP_PUSH" }));
  if (form.hasTracks) sources.push({ name: TRACKS, type: "MP4_FILE" });
  const { title, profile, record, fallback } = form;
  return {
    title,
    profile,
    record,
    sources,
    fallback: fallback === STAY ? "off" : { source: fallback, seconds: Number(form.fallbackSeconds) },
    budget: { dollars: Number(form.budgetDollars), stop: form.stopsThen },
    limits: { live_seconds: Number(form.liveHours) * 3600, idle_seconds: Number(form.idleMinutes) * 60 },
    ...(record === "off" ? {} : { privacy: privacyOf(form) }),
  };
}

export function problemsOf(form: Form): Problems {
  const found: Problems = {};
  const sources = wrongSources(namesOf(form), form.hasTracks);
  if (sources) found.sources = sources;
  if (form.fallback !== STAY) {
    const known = [SLATE, ...namesOf(form)].includes(form.fallback);
    if (!known) found.fallback = `There is no source '${form.fallback}' any more. Choose another one.`;
    else if (!isWhole(form.fallbackSeconds, 1, 600)) found.fallback = "Give whole seconds from 1 to 600.";
  }
  const hours = Number(form.liveHours);
  if (!(hours >= 1 / 60 && hours <= 24)) found.liveHours = "Give hours, 24 at most; 0.5 is half an hour.";
  if (!isWhole(form.idleMinutes, 0, 1440)) found.idleMinutes = "Give whole minutes up to 1440, or 0 for never.";
  if (form.budgetDollars.trim() && !isWhole(form.budgetDollars, 1, 100_000))
    found.budget = "Give whole dollars, 100,000 at most, or nothing.";
  return found;
}

/** The field of the form that the API means by the path of one of its own. */
export function fieldOf(path: string | null): Field | null {
  const [first, second] = (path ?? "").split(/[.[]/);
  if (first === "limits")
    return second === "live_seconds" ? "liveHours" : second === "idle_seconds" ? "idleMinutes" : null;
  return FIELDS.find((each) => each === first) ?? null;
}

function wrongSources(names: string[], hasTracks: boolean): string | null {
  const bad = names.find((each) => !SOURCE.test(each));
  if (names.length === 0) return "Give the name of at least one: it is on air at the start.";
  if (names.length > MOST_PUSHED) return `MediaLive takes ${MOST_PUSHED} that publish at most.`;
  if (new Set(names).size < names.length) return "Give each another name.";
  if (bad !== undefined) return `'${bad}' is no name: up to 31 of a-z, 0-9, '-' and '_', a letter first.`;
  if (names.includes(SLATE)) return "Every session has a slate by itself. Give it another name.";
  if (hasTracks && names.includes(TRACKS)) return "The tracklist has that name. Give it another one.";
  return null;
}

function isWhole(text: string, least: number, most: number): boolean {
  const value = Number(text);
  return text.trim() !== "" && Number.isInteger(value) && value >= least && value <= most;
}
