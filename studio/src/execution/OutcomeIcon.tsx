import type { Outcome } from "./history";

/** Paths within 14 by 14: a shape for each outcome, so that colour is never the only sign. */
const PATHS: Record<Outcome, string> = {
  done: "M2.5 7.5l3 3.2 6-7.2",
  running: "M4 2.5l7 4.5-7 4.5z",
  waiting: "M3.5 2h7M3.5 12h7M4.5 2c0 3 5 4 5 5s-5 2-5 5M9.5 2c0 3-5 4-5 5s5 2 5 5",
  stopped: "M1.5 7h7M5.5 3.5L9 7l-3.5 3.5M12 2v10",
  caught: "M2 12V7.5a3 3 0 0 1 3-3h6.5M8.5 1.5l3 3-3 3",
  failed: "M3 3l8 8M11 3l-8 8",
  aborted: "M3 3h8v8H3z",
};

/** The sign of an outcome, at (x, y) of a drawing. */
export const OutcomePath = ({ outcome, x, y }: { outcome: Outcome; x: number; y: number }) => (
  <path className={`sign ${outcome}`} d={PATHS[outcome]} transform={`translate(${x} ${y})`} />
);

/** The same within text; what it means stands beside it. */
export const OutcomeIcon = ({ outcome }: { outcome: Outcome }) => (
  <svg className="execution-icon" viewBox="0 0 14 14" width="14" height="14" aria-hidden="true">
    <OutcomePath outcome={outcome} x={0} y={0} />
  </svg>
);

/** In its colour, where the text around it has its own. */
export const Sign = ({ outcome }: { outcome: Outcome }) => (
  <span className={`outcome ${outcome}`}>
    <OutcomeIcon outcome={outcome} />
  </span>
);
