// The window onto the drawing: fitted to its width, larger or smaller, and where the execution is kept in sight.
import { useEffect, useMemo, useRef, useState, type MouseEvent, type PointerEvent } from "react";
import { reasons, standing } from "./history";
import { useSize } from "../hooks";
import { Machine, type MachineProps } from "./Machine";
import { Tool } from "./Tool";

const READABLE = 0.8; // below it names are smaller than 10 pixels
const LARGEST = 2;
const STEP = 1.25;

export function MachineView(props: MachineProps) {
  const { layout, states } = props;
  const frame = useRef<HTMLDivElement>(null);
  const { width, height } = useSize(frame);
  const fitting = Math.min(1.15, width / layout.width);
  const whole = Math.min(fitting, height / layout.height);
  const [chosen, setChosen] = useState<number | "width" | "whole" | null>(null); // a fit stays one in another window
  const fit = { width: fitting, whole };
  const scale = typeof chosen === "string" ? fit[chosen] : (chosen ?? Math.max(READABLE, fitting));
  const [followed] = useState(() => standing(states).length > 0);
  const over = followed ? states.at(-1) : (reasons(states)[0] ?? states[0]);
  const current = (standing(states).at(-1) ?? over)?.name ?? null;
  useInSight(frame, current, scale, width > 0);
  useInSight(frame, props.selected, scale, width > 0);
  const drag = useDrag(frame);
  return (
    <div className="machine-view">
      <div className="machine-tools" role="group" aria-label="Size of the drawing">
        <Tool sign="−" name="Smaller" onClick={() => setChosen(Math.max(whole, scale / STEP))} />
        <Tool sign="+" name="Larger" onClick={() => setChosen(Math.min(LARGEST, scale * STEP))} />
        <Tool sign="Fit to width" isOn={scale === fitting} onClick={() => setChosen("width")} />
        <Tool sign="All of it" isOn={scale === whole} onClick={() => setChosen("whole")} />
      </div>
      <div ref={frame} className="machine-frame" {...drag}>
        {width > 0 && <Machine {...props} scale={scale} />}
      </div>
    </div>
  );
}

/** Bring the state that the execution has come to into sight, within the frame alone: the page stays where it is. */
function useInSight(frame: React.RefObject<HTMLDivElement | null>, name: string | null, scale: number, drawn: boolean) {
  useEffect(() => {
    const box = frame.current?.querySelector(`[data-state="${name && CSS.escape(name)}"]`)?.getBoundingClientRect();
    const view = frame.current?.getBoundingClientRect();
    if (!frame.current || !box || !view) return;
    const [down, right] = [box.top + box.height / 2 - view.top, box.left + box.width / 2 - view.left];
    if (box.top < view.top || box.bottom > view.bottom) frame.current.scrollTop += down - view.height / 2;
    if (box.left < view.left || box.right > view.right) frame.current.scrollLeft += right - view.width / 2;
  }, [frame, name, scale, drawn]);
}

/** A mouse pulls the drawing; fingers and wheels scroll it as they scroll everything. */
function useDrag(frame: React.RefObject<HTMLDivElement | null>) {
  const last = useRef<{ x: number; y: number; pulled: boolean } | null>(null);
  return useMemo(() => {
    const onPointerDown = (event: PointerEvent) => {
      const pulls = event.pointerType === "mouse" && event.button === 0;
      last.current = pulls ? { x: event.clientX, y: event.clientY, pulled: false } : null;
    };
    const onPointerMove = (event: PointerEvent) => {
      const from = last.current;
      if (!from || !frame.current || event.buttons === 0) return;
      const [right, down] = [event.clientX - from.x, event.clientY - from.y];
      if (!from.pulled && Math.hypot(right, down) < 4) return;
      frame.current.scrollLeft -= right;
      frame.current.scrollTop -= down;
      last.current = { x: event.clientX, y: event.clientY, pulled: true };
    };
    /** A pull that ends on a state is no click on it. */
    const onClickCapture = (event: MouseEvent) => {
      if (last.current?.pulled) event.stopPropagation();
      last.current = null;
    };
    return { onPointerDown, onPointerMove, onClickCapture };
  }, [frame]);
}
