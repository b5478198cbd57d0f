import { useEffect, useRef, type KeyboardEvent } from "react";
import { inZone, utc } from "./zone";

const TIP = "time-tip";

/**
 * A time in the viewer's zone, with the day where that is not today; in UTC for who points at it, tabs to it or taps it.
 * One of many leaves the Tab key to their list, which `stepThrough` goes through.
 */
export function Time({ at, ofMany = false }: { at: string; ofMany?: boolean }) {
  return (
    <time dateTime={at} tabIndex={ofMany ? -1 : 0}>
      {inZone(at, new Date())}
    </time>
  );
}

/** Of a list of times that has the focus: the arrows go from one to the next. */
export function stepThrough(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  const times = [...event.currentTarget.querySelectorAll("time")];
  const next = step && times[times.findIndex((each) => each === document.activeElement) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

/** Where a time is told in UTC: once in the page, above all else, so that nothing cuts it off. */
export function TimeTip() {
  const tip = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const left = new AbortController();
    const options = { signal: left.signal, capture: true };
    const hide = () => {
      document.querySelector(`[aria-describedby="${TIP}"]`)?.removeAttribute("aria-describedby");
      tip.current?.togglePopover(false);
    };
    const show = ({ target }: { target: EventTarget | null }) => {
      const time = timeAt(target);
      if (time && tip.current) {
        hide();
        tell(tip.current, time);
      }
      return time;
    };
    const leave = ({ target, pointerType }: PointerEvent) => {
      const time = timeAt(target);
      const isRead = pointerType === "touch" || time === document.activeElement;
      if (time && !isRead) hide();
    };
    document.addEventListener("pointerover", show, options);
    document.addEventListener("focusin", show, options);
    document.addEventListener("pointerout", leave, options);
    document.addEventListener("focusout", hide, options);
    document.addEventListener("scroll", () => show({ target: document.activeElement }) ?? hide(), options);
    document.addEventListener("pointerdown", ({ target }) => timeAt(target) ?? hide(), options);
    document.addEventListener("keydown", ({ key }) => key === "Escape" && hide(), options);
    return () => left.abort();
  }, []);
  return <div ref={tip} id={TIP} role="tooltip" popover="manual" className="time-tip" />;
}

const timeAt = (target: EventTarget | null) => (target instanceof Element ? target.closest("time") : null);

/** Above the time, or below it where there is no room. */
function tell(tip: HTMLElement, time: HTMLTimeElement): void {
  time.setAttribute("aria-describedby", TIP);
  tip.textContent = utc(time.dateTime);
  tip.togglePopover(true);
  const place = time.getBoundingClientRect();
  const above = place.top - tip.offsetHeight - GAP;
  tip.style.top = `${above < GAP ? place.bottom + GAP : above}px`;
  tip.style.left = `${Math.max(GAP, Math.min(place.left, innerWidth - tip.offsetWidth - GAP))}px`;
}

const GAP = 4; // pixels
