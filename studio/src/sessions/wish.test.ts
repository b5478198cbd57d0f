import { expect, test } from "vitest";
import document from "../../../docs/openapi.json";
import { fieldOf, FIRST, PRIVACY, problemsOf, PROFILES, RECORD, wishOf, type Form } from "./wish";

const { NewSession, LimitsInput, FallbackInput, SourceInput, BudgetInput } = document.components.schemas;
const wrong = (change: Partial<Form>) => problemsOf({ ...FIRST, ...change });

test("what nobody changes is as the API has it by itself", () => {
  const { fallback, limits, budget, profile, record, privacy } = wishOf(FIRST);
  expect(problemsOf(FIRST)).toEqual({});
  expect({ profile, record, privacy }).toEqual({
    profile: NewSession.properties.profile.default,
    record: NewSession.properties.record.default,
    privacy: "keep",
  });
  expect(fallback).toEqual({
    source: FallbackInput.properties.source.default,
    seconds: FallbackInput.properties.seconds.default,
  });
  expect(budget).toEqual({
    dollars: BudgetInput.properties.dollars.default,
    stop: BudgetInput.properties.stop.default,
  });
  expect(limits).toEqual({
    live_seconds: LimitsInput.properties.live_seconds.default,
    idle_seconds: LimitsInput.properties.idle_seconds.default,
  });
});

test("all that can be chosen is known to the API", () => {
  const { profile, record, privacy } = NewSession.properties;
  expect([...PROFILES].sort()).toEqual([...profile.enum].sort());
  expect(Object.keys(RECORD).sort()).toEqual([...record.enum].sort());
  expect(Object.keys(PRIVACY).sort()).toEqual([...privacy.anyOf[0]!.enum!].sort());
});

test("what was chosen is asked for", () => {
  const form: Form = { ...FIRST, pushed: "anna ben", hasTracks: false, fallback: "ben", fallbackSeconds: "30" };
  expect(wishOf({ ...form, budgetDollars: "12", stopsThen: true }).budget).toEqual({ dollars: 12, stop: true });
  const wish = wishOf({ ...form, liveHours: "1.5", idleMinutes: "0", record: "manual" });
  expect(wish.sources).toEqual([
    { name: "anna", type: "RTMP_PUSH" },
    { name: "ben", type: "RTMP_PUSH" },
  ]);
  expect(wish.fallback).toEqual({ source: "ben", seconds: 30 });
  expect(wish.limits).toEqual({ live_seconds: 5400, idle_seconds: 0 });
  expect(wish.privacy).toBe("trim");
  expect(wishOf({ ...form, fallback: "" }).fallback).toBe("off");
  expect(wishOf({ ...form, record: "off" }).privacy).toBeUndefined();
});

test("names that the API would refuse are told before", () => {
  expect(new RegExp(SourceInput.properties.name.pattern).test("Anna")).toBe(false);
  for (const pushed of ["", "Anna", "a b c", "a a", "slate", "host tracklist"])
    expect(Object.keys(wrong({ pushed, fallback: "" }))).toEqual(["sources"]);
  expect(wrong({ pushed: "host tracklist", hasTracks: false })).toEqual({});
});

test("numbers that the API would refuse are told before", () => {
  for (const fallbackSeconds of ["", "0", "601", "1.5", "x"]) expect(wrong({ fallbackSeconds }).fallback).toBeDefined();
  for (const liveHours of ["", "0", "25", "x"]) expect(wrong({ liveHours }).liveHours).toBeDefined();
  for (const idleMinutes of ["", "-1", "1441"]) expect(wrong({ idleMinutes }).idleMinutes).toBeDefined();
  for (const budgetDollars of ["0", "-1", "1.5", "x"]) expect(wrong({ budgetDollars }).budget).toBeDefined();
  expect(wrong({ fallback: "callers", pushed: "host" }).fallback).toContain("'callers'");
  expect(LimitsInput.properties.live_seconds.maximum).toBe(24 * 3600);
  expect(LimitsInput.properties.idle_seconds.maximum).toBe(1440 * 60);
  expect(FallbackInput.properties.seconds.maximum).toBe(600);
  expect(BudgetInput.properties.dollars.maximum).toBe(100_000);
});

test("an error of the API's is shown at the field that it means", () => {
  expect(
    ["sources[0].name", "limits.live_seconds", "limits.idle_seconds", "fallback.seconds", "title", "body", null].map(
      fieldOf,
    ),
  ).toEqual(["sources", "liveHours", "idleMinutes", "fallback", "title", null, null]);
});
