/** Keys that press a button. A button names its own by `aria-keyshortcuts`, so that a key does what a click would. */

import { useEffect } from "react";

/** What the help sheet says of them. Stop has none: a show is not ended by a slip. */
export const SHORTCUTS = [
  ["P", "Panic: cut to the slate"],
  ["1 to 9", "Take that source"],
  ["R", "Start a recording"],
  ["L", "Listen to the preview, or mute it"],
  ["?", "This sheet"],
] as const;

const TYPING = "input:not([type=checkbox], [type=range]), select, textarea";

/** Listens wherever nobody types, unless it is off. */
export function useShortcuts(isOn: boolean): void {
  useEffect(() => {
    if (!isOn) return;
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, [isOn]);
}

function pressed(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target instanceof Element && event.target.closest(TYPING)) return;
  if (document.querySelector("dialog[open]")) return; // what is under it can't be pressed: a key would all the same
  const key = CSS.escape(event.key.toUpperCase());
  document.querySelector<HTMLButtonElement>(`button[aria-keyshortcuts="${key}"]`)?.click();
}
