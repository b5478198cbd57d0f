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

/** The parts of the address, decoded. */
export function usePath(): string[] {
  const path = useSyncExternalStore(subscribe, () => location.pathname);
  return path.split("/").filter(Boolean).map(decodeURIComponent);
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
