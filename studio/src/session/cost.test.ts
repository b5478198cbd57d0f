import { expect, test } from "vitest";
import { costNow, dollars, perHour, raiseOf, spent } from "./cost";

const BEGAN = Date.UTC(2026, 10, 27, 20);
const MINUTE = 60_000;
const channel = {
  item: "channel",
  dollars_per_hour: 3.6,
  since: new Date(BEGAN).toISOString(),
  least_seconds: 600,
};
const unpriced = { ...channel, item: "something new", dollars_per_hour: null };

test("what runs is billed for ten minutes at least, and then by the second", () => {
  expect(spent([channel], BEGAN + MINUTE)).toBeCloseTo(0.6);
  expect(spent([channel], BEGAN + 10 * MINUTE)).toBeCloseTo(0.6);
  expect(spent([channel], BEGAN + 30 * MINUTE)).toBeCloseTo(1.8);
});

test("between two answers the cost goes on by what runs, and never back", () => {
  expect(costNow(5, BEGAN + 30 * MINUTE, [channel], BEGAN + 31 * MINUTE)).toBeCloseTo(5.06);
  expect(costNow(5, BEGAN + 30 * MINUTE, [channel], BEGAN + 29 * MINUTE)).toBe(5);
  expect(costNow(5, BEGAN + MINUTE, [channel], BEGAN + 2 * MINUTE)).toBe(5);
});

test("what has no price counts nothing", () => {
  expect(perHour([channel, unpriced])).toBe(3.6);
  expect(spent([unpriced], BEGAN + MINUTE)).toBe(0);
  expect(dollars(1.234)).toBe("$1.23");
});

test("a budget can be raised by half once it was warned of", () => {
  const warning = { kind: "budget", since: channel.since, message: "80 % of 5 dollars are used" } as const;
  const standing = { budget: { dollars: 5, stop: true }, warnings: [warning] };
  expect(raiseOf(standing)).toBe(3);
  expect(raiseOf({ ...standing, warnings: [] })).toBe(0);
  expect(raiseOf({ ...standing, budget: { dollars: 0, stop: false } })).toBe(0); // the warning is of a month
});
