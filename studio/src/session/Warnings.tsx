import { useEffect, useRef } from "react";
import type { components } from "../api/schema";
import { useKept } from "../kept";
import { Time } from "../Time";
import { deadlineOf, UNLESS } from "./deadlines";

interface Props {
  warnings: components["schemas"]["SessionWarning"][];
  deadlines: components["schemas"]["DeadlineView"][];
  isHeard: boolean;
}

/** Whether warnings are heard, which this browser keeps; and how to change it, which lets the sound be heard once. */
export function useWarningSound(): [boolean, (isHeard: boolean) => void] {
  const [isHeard, keep] = useKept<"yes" | "no">("warnings-are-heard", "no");
  const hear = (wanted: boolean) => {
    keep(wanted ? "yes" : "no");
    if (wanted) chime();
  };
  return [isHeard === "yes", hear];
}

/** What a producer should know at once: read without sound, and heard if wanted. */
export function Warnings({ warnings, deadlines, isHeard }: Props) {
  const known = useRef(new Set<string>());
  useEffect(() => {
    const names = warnings.map((each) => `${each.kind} ${each.since}`);
    if (isHeard && names.some((each) => !known.current.has(each))) chime();
    known.current = new Set(names);
  }, [warnings, isHeard]);
  return (
    <>
      {warnings.map((each) => {
        const deadline = deadlineOf(each, deadlines);
        return (
          <p key={`${each.kind} ${each.since}`} className="warning" role="alert">
            {deadline ? (
              <>
                It ends by itself at <Time at={deadline.at} />, unless {UNLESS[deadline.kind]}.
              </>
            ) : (
              each.message
            )}
          </p>
        );
      })}
    </>
  );
}

/** Two short tones. Silent where the browser has not seen a click or key yet. */
function chime(): void {
  const context = new AudioContext();
  [880, 660].forEach((frequency, number) => {
    const tone = new OscillatorNode(context, { frequency });
    const at = context.currentTime + number * 0.2;
    tone.connect(new GainNode(context, { gain: 0.2 })).connect(context.destination);
    tone.start(at);
    tone.stop(at + 0.15);
  });
  setTimeout(() => void context.close(), 1000); // a context that never got to run has no end of its own
}
