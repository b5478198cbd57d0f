import { useRef } from "react";
import { SHORTCUTS } from "./shortcuts";

/** The sheet of keys, and the button that opens it. */
export function Help() {
  const sheet = useRef<HTMLDialogElement>(null);
  return (
    <>
      <button type="button" className="small" aria-keyshortcuts="?" onClick={() => sheet.current?.showModal()}>
        Keys
      </button>
      <dialog ref={sheet} aria-labelledby="help-title" className="sheet">
        <h2 id="help-title">Keys</h2>
        <dl>
          {SHORTCUTS.map(([key, what]) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
        <form method="dialog">
          <button type="submit">Close</button>
        </form>
      </dialog>
    </>
  );
}
