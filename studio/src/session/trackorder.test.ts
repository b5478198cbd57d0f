import { expect, test } from "vitest";
import type { components } from "../api/schema";
import { canMove, moved, nextLook, rowsOf, trackNote, without } from "./trackorder";

type View = components["schemas"]["TracklistView"];
type Track = components["schemas"]["Track"];

const NOW = Date.UTC(2026, 10, 27, 20);

function track(id: string, position: number, parts: Partial<Track> = {}): Track {
  return { id, position, title: id, seconds: 60, state: "ready", level: null, ...parts };
}

function view(items: string[], parts: Partial<View> = {}): View {
  return {
    version: "1",
    tracks: items.map((id, position) => track(id, position)),
    fallback: "slate",
    on_air: null,
    position: null,
    ends_at: null,
    next: null,
    locked: [],
    follows: [],
    effect: "in_effect",
    effect_at: null,
    message: "",
    ...parts,
  };
}

const flags = (shown: View) =>
  rowsOf(shown).rows.map((row) =>
    [row.isOnAir && "on air", row.isLocked && "locked", row.isNext && "next"].filter(Boolean).join(" "),
  );

test("a track goes to another place, the others close up", () => {
  expect(moved(["a", "b", "c"], 0, 2)).toEqual(["b", "c", "a"]);
  expect(moved(["a", "b", "c"], 2, 0)).toEqual(["c", "a", "b"]);
  expect(moved(["a", "b"], 1, 2)).toEqual(["a", "b"]);
  expect(moved(["a", "b"], 0, -1)).toEqual(["a", "b"]);
});

test("one of two alike is taken off", () => {
  expect(without(["a", "b", "a"], 2)).toEqual(["a", "b"]);
});

test("on air, next, and locked are told at their places, also where a track comes twice", () => {
  const shown = view(["a", "b", "a", "c"], { on_air: "a", position: 0, next: "b", locked: ["b"] });
  expect(flags(shown)).toEqual(["on air", "locked next", "", ""]);
  expect(flags(view(["a", "b", "a"], { on_air: "a", position: 2, next: "slate" }))).toEqual(["", "", "on air"]);
});

test("what MediaLive keeps that is in the list no more is told", () => {
  const shown = view(["a", "c"], { on_air: "a", position: 0, next: "b", locked: ["b"] });
  expect(rowsOf(shown).kept).toEqual(["b"]);
  expect(flags(shown)).toEqual(["on air", ""]);
  expect(rowsOf({ ...shown, on_air: null, position: null }).kept).toEqual([]); // a source at a time, of no list
});

test("nothing goes to or from the place of what is on air or locked", () => {
  const { rows } = rowsOf(view(["a", "b", "c", "d"], { on_air: "a", position: 0, next: "b", locked: ["b"] }));
  expect(canMove(rows, 2, 3)).toBe(true);
  expect(canMove(rows, 2, 1)).toBe(false);
  expect(canMove(rows, 1, 2)).toBe(false);
  expect(canMove(rows, 3, 4)).toBe(false);
});

test("the list is looked at again when the next track is locked", () => {
  const ends = (seconds: number) => view(["a"], { ends_at: new Date(NOW + seconds * 1000).toISOString() });
  expect(nextLook(ends(30), NOW)).toBe(13_500);
  expect(nextLook(ends(10), NOW)).toBeNull();
  expect(nextLook(view(["a"]), NOW)).toBeNull();
});

test("a track says what is the matter with it", () => {
  expect(trackNote(track("a", 0))).toBeNull();
  expect(trackNote(track("a", 0, { state: "missing" }))).toContain("deleted");
  expect(trackNote(track("a", 0, { level: "being_made" }))).toContain("being made");
});
