import { expect, test } from "vitest";
import { ageText, lookEvery } from "./thumbnail";

const NOW = Date.UTC(2026, 10, 27, 20);
const before = (ms: number) => new Date(NOW - ms).toISOString();

test("right after a cut it is asked for as often as MediaLive makes one, and then less", () => {
  expect(lookEvery(before(9000), NOW)).toBe(2000);
  expect(lookEvery(before(11_000), NOW)).toBe(10_000);
  expect(lookEvery(null, NOW)).toBe(10_000);
});

test.each([
  [-300, "0 s ago"], // the clocks differ a little
  [2600, "3 s ago"],
  [119_000, "119 s ago"],
  [150_000, "2 min ago"],
])("%s ms are '%s'", (ms, text) => {
  expect(ageText(before(ms), NOW)).toBe(text);
});
