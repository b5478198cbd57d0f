import { expect, test } from "vitest";
import type { components } from "../api/schema";
import { merged, pollEvery, staleFor } from "./polling";

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

test("after 5 s without an answer the page says how old it is", () => {
  expect(staleFor(NOW - 4900, NOW, false)).toBeNull();
  expect(staleFor(NOW - 6100, NOW, false)).toBe(6);
  expect(staleFor(NOW - 12_000, NOW, true)).toBeNull();
});
