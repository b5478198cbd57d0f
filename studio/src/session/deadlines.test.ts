import { expect, test } from "vitest";
import { deadlineOf, extendable, UNLESS } from "./deadlines";

const message =
  "Ends at 2026-11-27T20:00:00.000Z, after 1800 s without a picture, unless a source with a picture is on air";
const idle = { kind: "idle", at: "2026-11-27T20:00:00.000Z", message } as const;
const since = "2026-11-27T19:50:00.000Z";

test("a warning that the show ends is of the deadline that says so", () => {
  expect(deadlineOf({ kind: "ends-soon", since, message }, [{ ...idle, message: "another" }, idle])).toEqual(idle);
  expect(deadlineOf({ kind: "ends-soon", since, message: "of none" }, [idle])).toBeUndefined();
  expect(deadlineOf({ kind: "no-picture", since, message }, [idle])).toBeUndefined();
});

test("what it says is no text of the API's", () => {
  expect(Object.values(UNLESS).join()).not.toMatch(/[A-Z_]{2,}|\d{4}-/);
});

test("the wait for an input and the show can be made longer, each where it has an end", () => {
  const wait = { ...idle, kind: "no-input", at: "2026-11-27T20:10:00.000Z" } as const;
  const longest = { ...idle, kind: "longest", at: "2026-11-28T04:00:00.000Z" } as const;
  expect(extendable({ state: "waiting_for_input", deadlines: [wait] })).toBe(wait.at);
  expect(extendable({ state: "live", deadlines: [idle, longest] })).toBe(longest.at);
  expect(extendable({ state: "live", deadlines: [idle] })).toBeUndefined();
  expect(extendable({ state: "starting", deadlines: [wait] })).toBeUndefined();
});
