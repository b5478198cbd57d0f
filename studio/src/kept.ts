/** A choice that this browser keeps, where it may. */

import { useState } from "react";

export function useKept<T extends string>(name: string, first: T): [T, (value: T) => void] {
  const [value, setValue] = useState(() => (read(name) as T | null) ?? first);
  const keep = (chosen: T) => {
    setValue(chosen);
    try {
      localStorage.setItem(name, chosen);
    } catch {
      // private windows may have no storage: the choice holds until the page is left
    }
  };
  return [value, keep];
}

function read(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}
