import { describe, expect, it } from "vitest";
import { bareState, T } from "./fixtures";
import * as lanes from "./lanes";
import type { State } from "./history";

const at = (milliseconds: number) => new Date(T + milliseconds).toISOString();
const state = (name: string, from: number, to: number | null, outcome: State["outcome"] = "done"): State => ({
  ...bareState(name),
  event: from,
  outcome,
  entered_at: at(from),
  left_at: to === null ? null : at(to),
});
const VIEW = { from: 0, to: 10_000 };

describe("bars", () => {
  it("stand in one row while they follow each other, and in several where they overlap", () => {
    const states = [state("A", 0, 2000), state("Both", 2000, 6000), state("One", 2000, 5000), state("B", 6000, 9000)];
    const found = lanes.bars(states, T, T, VIEW, 1000);
    expect(found.map(({ row, states }) => [states[0]?.name, row])).toEqual([
      ["A", 0],
      ["Both", 0],
      ["One", 1],
      ["B", 0],
    ]);
  });

  it("leave room for the names that they are too narrow for, in a few rows", () => {
    const states = Array.from({ length: 9 }, (_, i) => state("WaitChannelIdle", i * 100, i * 100 + 100));
    const few = lanes.bars(states.slice(0, 4), T, T, VIEW, 1000);
    expect(few.map(({ row, hasRoom }) => [row, hasRoom])).toEqual([0, 1, 2, 3].map((row) => [row, true]));
    const found = lanes.bars(states, T, T, VIEW, 1000);
    expect(Math.max(...found.map(({ row }) => row))).toBe(3);
    expect(found.at(-1)?.hasRoom).toBe(true);
    const rows = (next: number) =>
      lanes.bars([state("Plan", 0, 100), state("B", next, 1000)], T, T, VIEW, 1000).map(({ row }) => row);
    expect([rows(400), rows(500)]).toEqual([
      [0, 1],
      [0, 0],
    ]);
  });

  it("of one that stands reaches to now", () => {
    const [bar] = lanes.bars([state("Live", 1000, null, "waiting")], T, T + 8000, VIEW, 1000);
    expect(bar).toMatchObject({ from: 1000, to: 8000, outcome: "waiting" });
  });

  it("of thousands that are too narrow to be told apart are few, and show the worst of what they hold", () => {
    const states = Array.from({ length: 5000 }, (_, i) => state("A", i * 2, i * 2 + 2, i === 4000 ? "caught" : "done"));
    const found = lanes.bars(states, T, T, VIEW, 1000);
    expect(found.length).toBeLessThan(20);
    expect(found.reduce((sum, bar) => sum + bar.states.length, 0)).toBe(5000);
    expect(found.some(({ outcome }) => outcome === "caught")).toBe(true);
  });

  it("outside of what is shown are left out", () => {
    expect(lanes.bars([state("A", 0, 1000)], T, T, { from: 5000, to: 6000 }, 100)).toEqual([]);
  });
});

describe("marks", () => {
  const thing = (at: number) => ({ at, text: `${at}`, tone: "look" as const });

  it("that stand together are one", () => {
    const found = lanes.marks([thing(9000), thing(50), thing(0), thing(500)], VIEW, 1000);
    expect(found.map(({ at, things }) => [at, things.length])).toEqual([
      [0, 2],
      [500, 1],
      [9000, 1],
    ]);
  });

  it("are named by what happened, of many by the first ones", () => {
    expect(lanes.markText({ at: 0, things: [thing(1)] })).toBe("1");
    expect(lanes.markText({ at: 0, things: [1, 2].map(thing) })).toBe("2 together: 1; 2");
    expect(lanes.markText({ at: 0, things: [1, 2, 3, 4, 5, 6, 7, 8].map(thing) })).toBe(
      "8 together: 1; 2; 3; 4; 5; 6; 2 more",
    );
  });

  it("never are more than there is room for", () => {
    const many = Array.from({ length: 1250 }, (_, i) => thing(i * 8));
    expect(lanes.marks(many, VIEW, 600, 12).length).toBeLessThanOrEqual(50);
  });
});

it("tells what people did from what MediaLive and IVS did, of one attempt", () => {
  const entry = (text: string, by: string | null = null, attempt = 1) => ({
    at: at(0),
    kind: "x",
    text,
    attempt,
    state: null,
    by,
    id: "",
  });
  const entries = [entry("Extended", "ann"), entry("Start requested"), entry("On air: host"), entry("older", "ann", 0)];
  const { people, events } = lanes.told(entries, 1, T);
  expect(people.map(({ text }) => text)).toEqual(["Extended", "Start requested"]);
  expect(events.map(({ text, tone }) => [text, tone])).toEqual([["On air: host", "event"]]);
});

describe("the axis", () => {
  it("has steps that leave room for their numbers", () => {
    expect(lanes.steps({ from: 0, to: 60_000 }, 600)).toEqual({
      step: 10_000,
      at: [0, 10_000, 20_000, 30_000, 40_000, 50_000, 60_000],
    });
    expect(lanes.steps({ from: -200, to: 1000 }, 1000).step).toBe(100);
    expect(lanes.steps({ from: 0, to: 30 * 864e5 }, 300).at.length).toBeLessThan(5);
  });
});

describe("a view", () => {
  const whole = { from: 0, to: 1000 };

  it("is zoomed around a place, within the whole", () => {
    expect(lanes.zoomed(whole, 0.5, whole, 1000)).toEqual({ from: 500, to: 1000 });
    expect(lanes.zoomed({ from: 400, to: 600 }, 100, whole)).toEqual(whole);
    expect(lanes.zoomed({ from: 400, to: 440 }, 0.5, whole)).toEqual({ from: 395, to: 445 });
  });

  it("does not move out of the whole", () => {
    expect(lanes.moved({ from: 700, to: 900 }, 1, whole)).toEqual({ from: 800, to: 1000 });
    expect(lanes.moved({ from: 100, to: 300 }, -1, whole)).toEqual({ from: 0, to: 200 });
  });
});
