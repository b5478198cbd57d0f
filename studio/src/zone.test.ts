import { expect, test } from "vitest";
import { inZone, utc } from "./zone";

const AT = "2026-01-09T20:00:00.123Z";

test("a time of today has no day, another one has", () => {
  expect(inZone(AT, new Date(AT))).toBe(new Date(AT).toLocaleTimeString());
  expect(inZone(AT, new Date("2026-01-12T20:00:00Z"))).toContain("2026");
});

test("UTC is told to the millisecond", () => {
  expect(utc(AT)).toBe("2026-01-09 20:00:00.123 UTC");
});
