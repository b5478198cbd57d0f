import { useEffect, useLayoutEffect, useState, type RefObject } from "react";

/** The time, anew each `every` milliseconds while something runs. */
export function useNow(isRunning = true, every = 1000): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!isRunning) return;
    setNow(Date.now());
    const tick = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(tick);
  }, [isRunning, every]);
  return now;
}

/** What the window or tab is called meanwhile. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} – Showrunner`;
    return () => {
      document.title = "Showrunner";
    };
  }, [title]);
}

/** The inner size of an element, also when it changes. */
export function useSize(element: RefObject<HTMLElement | null>): { width: number; height: number } {
  const [size, setSize] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const observed = element.current;
    if (!observed) return;
    const measure = () => setSize({ width: observed.clientWidth, height: observed.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(observed);
    return () => observer.disconnect();
  }, [element]);
  return size;
}
