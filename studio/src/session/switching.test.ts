import { expect, test } from "vitest";
import type { components } from "../api/schema";
import type { Session } from "../state/session";
import { canSwitch, localTime, onTopOf, sourceButtons, switchTime, toCome } from "./switching";

type Switch = components["schemas"]["PendingSwitch"];

const NOW = Date.UTC(2026, 10, 27, 20);

function session(parts: Partial<Session>): Session {
  const sources = [
    { name: "host", type: "RTMP_PUSH" },
    { name: "tracks", type: "MP4_FILE" },
  ];
  return {
    state: "live",
    sources,
    on_air: "host",
    taking: null,
    switches: [],
    ingest: [],
    cued: null,
    ...parts,
  } as Session;
}

function pending(parts: Partial<Switch>): Switch {
  return { action: "a", source: "host", item: null, at: null, after: null, asked_at: "", state: "asked", ...parts };
}

const of = (shown: Session, name: string) => sourceButtons(shown).find((each) => each.name === name)!;

test("the session's sources and the slate, the one on air lit", () => {
  const buttons = sourceButtons(session({}));
  expect(buttons.map((each) => [each.name, each.isOnAir, each.playsFiles])).toEqual([
    ["host", true, false],
    ["tracks", false, true],
    ["slate", false, false],
  ]);
});

test("what was asked for is pending, and not lit, until MediaLive confirms it", () => {
  const asked = session({ taking: "slate", switches: [pending({ source: "slate" })] });
  expect(of(asked, "slate")).toMatchObject({ isOnAir: false, pending: "asked" });
  expect(of(asked, "host")).toMatchObject({ isOnAir: true, pending: null });
  expect(of(session({ on_air: "slate" }), "slate")).toMatchObject({ isOnAir: true, pending: null });
});

test("before the show, what it begins with is pending", () => {
  expect(of(session({ on_air: null, taking: "slate" }), "slate").pending).toBe("asked");
});

test("what should be on air by now is told as such", () => {
  const late = session({ switches: [pending({ source: "slate", state: "unconfirmed" })] });
  expect(of(late, "slate").pending).toBe("unconfirmed");
});

test("what comes at a time or behind a file is to come, and not pending", () => {
  const switches = [pending({ source: "slate", at: "2026-11-27T20:01:00.000Z" }), pending({ after: "track-1f-1" })];
  const list = pending({ action: "track-1f-2", source: "tracks", after: "track-1f-1" });
  const shown = session({ switches: [...switches, list] });
  expect(toCome(shown)).toEqual(switches);
  expect(sourceButtons(shown).map((each) => each.pending)).toEqual([null, null, null]);
});

test("publishing is said of sources that are published to, and never guessed", () => {
  const shown = session({ ingest: [{ source: "host", publishing: "unknown", since: null }] });
  expect(sourceButtons(shown).map((each) => each.publishing)).toEqual(["unknown", null, null]);
});

test("sources are switched while the channel runs", () => {
  const states: Session["state"][] = ["ready", "starting", "waiting_for_input", "live", "stopping", "ended"];
  expect(states.filter((state) => canSwitch(session({ state })))).toEqual(["waiting_for_input", "live"]);
});

test("a time is 15 seconds to 14 days ahead", () => {
  expect(switchTime(localTime(NOW + 60_000), NOW)).toEqual({ at: "2026-11-27T20:01:00.000Z" });
  expect(switchTime(localTime(NOW + 10_000), NOW)).toHaveProperty("problem", expect.stringContaining("15 seconds"));
  expect(switchTime(localTime(NOW + 15 * 86_400_000), NOW)).toHaveProperty(
    "problem",
    expect.stringContaining("14 days"),
  );
  expect(switchTime("", NOW)).toHaveProperty("problem", expect.stringContaining("Choose"));
});

test("the same switch is another one once something else is on air, or comes", () => {
  const first = onTopOf(session({}), "next");
  expect(onTopOf(session({ viewers: 12 }), "next")).toBe(first);
  expect(onTopOf(session({}), "stop")).not.toBe(first);
  expect(onTopOf(session({ on_air_at: "2026-11-27T20:00:00Z" }), "next")).not.toBe(first);
  expect(onTopOf(session({ switches: [pending({})] }), "next")).not.toBe(first);
});
