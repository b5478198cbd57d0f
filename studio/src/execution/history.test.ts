import { describe, expect, it } from "vitest";
import { bareState, T } from "./fixtures";
import {
  counts,
  merged,
  reasons,
  spoken,
  standing,
  taken,
  visits,
  type History,
  type Line,
  type State,
} from "./history";

const at = (seconds: number) => new Date(T + seconds * 1000).toISOString();

const state = (name: string, more: Partial<State> = {}): State => ({
  ...bareState(name),
  left_at: at(1),
  input: { session_id: "friday" },
  output: {},
  ...more,
});

const history = (states: State[], more: Partial<History> = {}): History => ({
  execution: {
    name: "friday-1",
    arn: "arn:aws:states:us-east-1:123456789012:execution:showrunner-prod-session:friday-1",
    status: "RUNNING",
    started_at: at(0),
    ended_at: null,
    console_url: "https://example.com",
    attempt: 1,
  },
  states,
  drawing: { width: 1, height: 1, boxes: [], lines: [], labels: [], notes: [] },
  after: "one",
  ...more,
});

const line = (source: string, target: string, way: Line["edge"]["way"] = "next", about = ""): Line => ({
  edge: { source, target, way, label: about, about },
  points: [[0, 0]],
  arrow: true,
  rest: [],
});

describe("an answer to what was seen", () => {
  const wait = state("Live", {
    event: 9,
    outcome: "waiting",
    left_at: null,
    attempts: 2,
    looks: 1,
    looked_at: [at(300)],
  });
  const since = { ...wait, input: null, output: null };

  it("adds the newer looks and keeps what did not change", () => {
    const newer = { ...since, attempts: 3, looks: 2, looked_at: [at(600)] };
    const [live] = merged(history([wait]), history([newer], { drawing: null, after: "two" })).states;
    expect(live).toEqual({ ...wait, attempts: 3, looks: 2, looked_at: [at(300), at(600)] });
  });

  it("brings states that were entered since, in their order, and keeps the drawing", () => {
    const next = state("Cleanup", { event: 40 });
    const all = merged(
      history([wait]),
      history([next, { ...since, outcome: "done", next: "Cleanup" }], { drawing: null }),
    );
    expect(all.states.map(({ name, outcome }) => [name, outcome])).toEqual([
      ["Live", "done"],
      ["Cleanup", "done"],
    ]);
    expect(all.drawing).not.toBeNull();
  });

  it("adds the errors of newer tries", () => {
    const problem = { at: at(5), error: "ChannelBusy", cause: null };
    const seen = merged(history([wait]), history([{ ...since, problems: [problem] }]));
    expect(merged(seen, history([{ ...since, problems: [problem] }])).states[0]?.problems).toHaveLength(2);
  });
});

describe("a state in words", () => {
  it("says what became of it, its looks and how long it took", () => {
    const wait = state("WaitChannelRunning", { attempts: 4, looks: 3, left_at: at(190) });
    expect(spoken("WaitChannelRunning", [wait], T)).toBe("WaitChannelRunning, done, 3 looks, 190 s");
  });

  it("counts tries that were no looks, and only where there were several", () => {
    expect(counts(state("A", { attempts: 3 }))).toEqual(["3 tries"]);
    expect(counts(state("A", { attempts: 1 }))).toEqual([]);
    expect(counts(state("A", { attempts: 4, looks: 1 }))).toEqual(["1 look", "3 tries"]);
  });

  it("says where an error led, that one stands in it, that one came twice, and that one never came", () => {
    expect(spoken("A", [state("A", { outcome: "caught", next: "Cleanup" })], T)).toBe(
      "A, failed, caught, 1.0 s, led to Cleanup",
    );
    expect(spoken("A", [state("A", { outcome: "waiting", left_at: null })], T + 12_300)).toBe("A, waiting, 12.3 s");
    expect(spoken("A", [state("A"), state("A")], T)).toBe("A, done, 1.0 s, entered 2 times");
    expect(spoken("A", [], T)).toBe("A, not entered");
    const stopped = state("A", { outcome: "stopped", error: "StopRequested", next: "Cleanup" });
    expect(spoken("A", [stopped], T)).toBe("A, ended by a stop, 1.0 s, led to Cleanup");
  });
});

describe("the ways that were taken", () => {
  it("are those to the state that followed, by an error or without one", () => {
    const lines = [line("", "A", "entry"), line("A", "B"), line("A", "B", "caught", "States.ALL"), line("B", "C")];
    expect(taken(lines, [state("A", { next: "B" }), state("B")])).toEqual(new Set([lines[0], lines[1]]));
    expect(taken(lines, [state("A", { next: "B", outcome: "caught" })])).toEqual(new Set([lines[0], lines[2]]));
  });

  it("are that of a stop, where it was one", () => {
    const lines = [
      line("A", "B"),
      line("A", "B", "caught", "StopRequested"),
      line("A", "B", "caught", "States.Timeout"),
    ];
    const stopped = state("A", { next: "B", outcome: "stopped", error: "StopRequested" });
    expect(taken(lines, [stopped])).toEqual(new Set([lines[1]]));
  });

  it("are those that name the error", () => {
    const lines = [line("A", "B", "caught", "StopRequested"), line("A", "B", "caught", "States.Timeout, Boom")];
    const boom = state("A", { next: "B", outcome: "caught", error: "Boom" });
    expect(taken(lines, [boom])).toEqual(new Set([lines[1]]));
  });
});

it("stands in the branches of a Parallel, not in the Parallel", () => {
  const running = { outcome: "running", left_at: null } as const;
  const states = [state("Both", { ...running, type: "Parallel" }), state("One", running), state("Two")];
  expect(standing(states).map(({ name }) => name)).toEqual(["One"]);
  expect(standing(states.slice(0, 1)).map(({ name }) => name)).toEqual(["Both"]);
});

it("keeps the visits of a loop apart", () => {
  const found = visits([state("A", { event: 1 }), state("B", { event: 2 }), state("A", { event: 3 })]);
  expect(found.get("A")?.map(({ event }) => event)).toEqual([1, 3]);
});

it("tells the state that failed, not those that only pass it on", () => {
  const error = { error: "Boom", left_at: at(1) };
  const states = [
    state("Provision", { ...error, type: "Parallel", outcome: "caught" }),
    state("CreateOutput", { ...error, outcome: "caught" }),
    state("NoOutput", { ...error, type: "Fail", outcome: "failed" }),
  ];
  expect(reasons(states).map(({ name }) => name)).toEqual(["CreateOutput"]);
  expect(reasons(states.slice(2)).map(({ name }) => name)).toEqual(["NoOutput"]);
});
