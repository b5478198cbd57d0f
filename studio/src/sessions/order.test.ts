import { expect, test } from "vitest";
import { isMeant, ordered, type Listed } from "./order";

const made = (id: string, state: Listed["state"], day: string) =>
  ({ id, state, title: `Show ${id}`, created_at: `2026-11-${day}T20:00:00.000Z` }) as Listed;

test("what runs comes first though no page that was read has it, live before the rest", () => {
  const running = [made("new", "preparing", "27"), made("old", "live", "01")];
  const pages = [made("new", "created", "27"), made("b", "ended", "26"), made("a", "failed", "25")];
  expect(ordered(running, pages).map((each) => `${each.id} ${each.state}`)).toEqual([
    "old live",
    "new preparing",
    "b ended",
    "a failed",
  ]);
});

test("what somebody types is looked for in title, id and the words of the state", () => {
  const show = made("s-1", "waiting_for_input", "27");
  expect(["SHOW", " s-1", "waiting for a picture", "ended"].map((text) => isMeant(show, text))).toEqual([
    true,
    true,
    true,
    false,
  ]);
});
