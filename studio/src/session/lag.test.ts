import { expect, test } from "vitest";
import { backoff, isLate, lagOf, lagText } from "./lag";

const NOW = Date.UTC(2026, 10, 27, 20);

test("the lag is now less the picture's PROGRAM-DATE-TIME, and never before it", () => {
  expect(lagOf(new Date(NOW - 4200), NOW)).toBe(4200);
  expect(lagOf(new Date(NOW + 300), NOW)).toBe(0); // the clocks differ a little
});

test("without a PROGRAM-DATE-TIME nobody knows", () => {
  expect(lagOf(null, NOW)).toBeNull();
  expect(lagOf(new Date(Number.NaN), NOW)).toBeNull();
  expect(isLate(null)).toBe(false);
});

test.each([
  [4200, "4 s behind"],
  [119_400, "119 s behind"],
  [125_000, "2 min 5 s behind"],
  [null, "How late it is, the stream does not say"],
])("%s ms are '%s'", (lag, text) => {
  expect(lagText(lag)).toBe(text);
});

test("it tries again soon, and then every 8 seconds", () => {
  expect([0, 1, 2, 3, 9].map(backoff)).toEqual([1000, 2000, 4000, 8000, 8000]);
});
