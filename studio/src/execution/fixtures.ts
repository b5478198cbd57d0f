// For the tests: a moment, and a state that has nothing to tell.
import type { State } from "./history";

export const T = Date.parse("2026-01-09T20:00:00.000Z");

export const bareState = (name: string): State => ({
  event: 1,
  name,
  type: "Task",
  outcome: "done",
  entered_at: new Date(T).toISOString(),
  left_at: null,
  next: null,
  attempts: 1,
  looks: 0,
  looked_at: [],
  error: null,
  cause: null,
  problems: [],
  child: null,
  input: null,
  output: null,
});
