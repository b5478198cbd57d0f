import { useEffect, useRef, type ReactNode, type RefObject } from "react";

/** Where the views are. Keys and screen readers stay where they were, or begin at the top of another view. */
export function Views({ address, children }: { address: string; children: ReactNode }) {
  const main = useRef<HTMLElement>(null);
  const shown = useRef(address);
  useFocusKept(main);
  useEffect(() => {
    if (shown.current !== address) main.current?.focus({ preventScroll: true });
    shown.current = address;
  }, [address]);
  return (
    <main ref={main} className="page" tabIndex={-1}>
      {children}
    </main>
  );
}

/** Once what has the focus is gone, what it was in has it: a browser would begin at the top of the page. */
function useFocusKept(root: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const main = root.current!;
    let way: Element[] = []; // from what has the focus to `main`
    const focused = ({ target }: FocusEvent) => {
      way = [];
      for (let each = target as Element | null; each && main.contains(each); each = each.parentElement) way.push(each);
    };
    const left = ({ target }: FocusEvent) =>
      queueMicrotask(() => {
        if (way[0] === target && way[0]!.isConnected) way = [];
      });
    const removed = new MutationObserver(() => {
      if (document.activeElement !== document.body || !way.length || way[0]!.isConnected) return;
      const stays = way.find((each): each is HTMLElement => each instanceof HTMLElement && each.isConnected);
      if (stays && !stays.hasAttribute("tabindex")) stays.tabIndex = -1;
      stays?.focus({ preventScroll: true });
    });
    main.addEventListener("focusin", focused);
    main.addEventListener("focusout", left);
    removed.observe(main, { childList: true, subtree: true });
    return () => {
      main.removeEventListener("focusin", focused);
      main.removeEventListener("focusout", left);
      removed.disconnect();
    };
  }, [root]);
}
