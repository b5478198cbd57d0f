/** The page's own addresses: `/`, `/sessions/ID`, ... */

import { useSyncExternalStore, type AnchorHTMLAttributes } from "react";

const listeners = new Set<() => void>();

export function go(path: string): void {
  history.pushState(null, "", path);
  scrollTo(0, 0); // back and forward have a place of their own, which the browser keeps
  for (const listener of listeners) listener();
}

/** The address of a session, or of what is under it. */
export const sessionPath = (...parts: [id: string, ...more: string[]]) =>
  ["/sessions", ...parts.map(encodeURIComponent)].join("/");

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("popstate", listener);
  };
}

export function usePath(): string[] {
  return partsOf(useSyncExternalStore(subscribe, () => location.pathname));
}

/** The parts of an address, decoded; one that can't be stays as it is. */
export function partsOf(path: string): string[] {
  return path.split("/").filter(Boolean).map(decoded);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function Link({ to, ...rest }: { to: string } & AnchorHTMLAttributes<HTMLAnchorElement>) {
  return (
    <a
      {...rest}
      href={to}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
        event.preventDefault();
        go(to);
      }}
    />
  );
}
