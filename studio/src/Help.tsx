import { useRef } from "react";
import { useKept } from "./kept";
import { SHORTCUTS, useShortcuts } from "./shortcuts";

/** The sheet of keys, the button that opens it, and the keys themselves. */
export function Help() {
  const sheet = useRef<HTMLDialogElement>(null);
  const [keys, setKeys] = useKept<"on" | "off">("keys", "on");
  useShortcuts(keys === "on");
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
        <form method="dialog" className="buttons">
          <button type="submit">Close</button>
          <label className="check">
            <input
              type="checkbox"
              checked={keys === "on"}
              onChange={(event) => setKeys(event.target.checked ? "on" : "off")}
            />
            Keys press buttons
          </label>
        </form>
      </dialog>
    </>
  );
}
