import { expect, test } from "vitest";
import type { components } from "../api/schema";
import type { Session } from "../state/session";
import { clockOf, freeName, runningFor, secondsBack, sizeOf, standing, whyNot } from "./windows";

type Recording = components["schemas"]["RecordingView"];
type Open = components["schemas"]["OpenRecording"];

const NOW = Date.UTC(2026, 10, 27, 20);
const film = { size: 5_100_000 } as Recording["film"];

function recording(parts: Partial<Recording>): Recording {
  return {
    state: "closed",
    seconds: null,
    film: null,
    film_failure: null,
    reason: null,
    gaps: 0,
    ...parts,
  } as Recording;
}

function open(name: string, start: string | null = null): Open {
  return { id: "s-1-1", name, start, requested_at: "", state: start ? "open" : "armed" };
}

test("it is cut, then published", () => {
  expect(standing(recording({})).label).toBe("being cut");
  expect(standing(recording({ seconds: 6 })).label).toBe("being published");
  expect(standing(recording({ state: "published", seconds: 6, film }))).toMatchObject({ tone: "good", advice: null });
});

test("what failed says why and what to do", () => {
  const failed = standing(recording({ state: "failed", reason: "Nothing of it was stored." }));
  expect(failed).toMatchObject({ tone: "bad", canRetry: true });
  expect(failed.advice).toBe("Nothing of it was stored. Press Try again.");
  const filmless = standing(recording({ state: "published", seconds: 6, film_failure: "It does not decode." }));
  expect(filmless).toMatchObject({ label: "published without a film", canRetry: true });
});

test("a gap is stated", () => {
  const gapped = standing(recording({ state: "published", film, gaps: 1, gap_seconds: 4.04 }));
  expect(gapped.advice).toBe("A part of it, 4.0 s in all, was not stored.");
});

test("the running time counts from the first picture", () => {
  expect(runningFor(open("talk", new Date(NOW - 65_400).toISOString()), NOW)).toBe(65);
  expect(runningFor(open("talk"), NOW)).toBeNull();
});

test("it reaches back as far as the preview is behind", () => {
  expect(secondsBack(4200)).toBe(5);
  expect(secondsBack(0)).toBe(1);
  expect(secondsBack(null)).toBe(10);
});

test("a name that is free is offered", () => {
  expect(freeName([])).toBe("recording");
  expect(freeName([open("recording"), open("recording-2")])).toBe("recording-3");
});

test("why nothing can be recorded is said", () => {
  const why = (parts: Partial<Session>) => whyNot({ state: "live", record: "manual", ...parts } as Session);
  expect(why({})).toBeNull();
  expect(why({ record: "off" })).toContain("stores nothing");
  expect(why({ state: "ended" })).toContain("Start the session");
  expect(why({ state: "stopping" })).toContain("stopping");
});

test("times and sizes are written as people write them", () => {
  expect([7, 187.9, 3723].map(clockOf)).toEqual(["0:07", "3:07", "1:02:03"]);
  expect([5_100_000, 2_345_000_000].map(sizeOf)).toEqual(["5.1 MB", "2.35 GB"]);
});
