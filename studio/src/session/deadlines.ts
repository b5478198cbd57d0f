/** When a session ends by itself, and what keeps it from that. */

import type { components } from "../api/schema";

type Session = components["schemas"]["SessionNow"];
type Warning = components["schemas"]["SessionWarning"];
type Deadline = components["schemas"]["DeadlineView"];

export const UNLESS: Record<Deadline["kind"], string> = {
  "not-started": "it goes live before",
  "no-input": "it is live before, or you press 30 minutes more",
  longest: "it is extended: press 30 minutes more",
  "no-stream": "viewers get the stream again before",
  idle: "a source with a picture is on air before",
  budget: "its budget is raised",
};

/** The deadline that a warning is of. */
export function deadlineOf(warning: Warning, deadlines: Deadline[]): Deadline | undefined {
  if (warning.kind !== "ends-soon") return undefined;
  return deadlines.find((each) => each.message === warning.message);
}

/** The end that "30 minutes more" puts off: that of the wait for its input, or of the show. */
export function extendable({ state, deadlines }: Pick<Session, "state" | "deadlines">): string | undefined {
  const kind = { waiting_for_input: "no-input", live: "longest" }[state as string];
  return deadlines.find((each) => each.kind === kind)?.at;
}
