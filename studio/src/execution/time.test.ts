import { expect, it } from "vitest";
import { inWords, offset, seconds } from "./time";

it("tells durations in the unit that fits", () => {
  expect([0.042, 12.34, 59.96, 190, 1510, 11_100, 900_000].map(inWords)).toEqual([
    "0.04 s",
    "12.3 s",
    "60 s",
    "190 s",
    "25 min 10 s",
    "3 h 05 min",
    "10 d 10 h",
  ]);
});

it("tells offsets as an axis has them", () => {
  expect([0, 5000, 750_000, 10_800_000, -1500].map((at) => offset(at))).toEqual([
    "0:00",
    "0:05",
    "12:30",
    "3:00:00",
    "−0:02",
  ]);
  expect([offset(12_345, 100), offset(59_999, 100), offset(1230, 10)]).toEqual(["0:12.3", "1:00.0", "0:01.23"]);
});

it("never tells a time that runs backwards", () => {
  expect(seconds("2026-01-09T20:00:00.000Z", null, Date.parse("2026-01-09T19:59:59.000Z"))).toBe(0);
});
