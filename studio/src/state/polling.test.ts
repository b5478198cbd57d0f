import { expect, test } from "vitest";
import type { components } from "../api/schema";
import { merged, pollEvery, isStale } from "./polling";

type Entry = components["schemas"]["TimelineEntry"];

const NOW = Date.UTC(2026, 10, 27, 20);
const entry = (id: string, at: string) => ({ id, at }) as Entry;

test("it looks every 2 s, each second after an action, and slowly where nobody looks", () => {
  expect(pollEvery(NOW, undefined, false)).toBe(2000);
  expect(pollEvery(NOW, NOW - 29_000, false)).toBe(1000);
  expect(pollEvery(NOW, NOW - 31_000, false)).toBe(2000);
  expect(pollEvery(NOW, NOW, true)).toBe(10_000);
});

test("entries that come again are in the timeline once, in their order", () => {
  const [one, two, three] = [entry("a", "20:00"), entry("b", "20:01"), entry("c", "20:02")];
  expect(merged([one!, three!], [three!, two!])).toEqual([one, two, three]);
});

test("after 5 s without an answer the page says how old it is; of what is looked at less often it may be older", () => {
  expect(isStale(NOW - 4900, NOW, false)).toBe(false);
  expect(isStale(NOW - 5000, NOW, false)).toBe(true);
  expect(isStale(NOW - 7900, NOW, false, 5000)).toBe(false);
  expect(isStale(NOW - 8100, NOW, false, 5000)).toBe(true);
  expect(isStale(NOW - 12_000, NOW, true)).toBe(false);
});
