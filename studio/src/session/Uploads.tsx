import { useId, useState, type DragEvent } from "react";
import { isOver, progressOf, uploadText, type Upload } from "./sending";

/** Where files are chosen or dropped, and how each of them stands. */
export function Uploads(props: {
  label: string;
  accept: string;
  hint: string;
  uploads: ReadonlyMap<string, Upload>;
  send: (files: Iterable<File>) => void;
  forget: (key: string) => void;
}) {
  const { label, accept, hint, uploads, send, forget } = props;
  const id = useId();
  const [isDragged, setIsDragged] = useState(false);
  const dropped = (event: DragEvent) => {
    event.preventDefault();
    setIsDragged(false);
    send(event.dataTransfer.files);
  };
  return (
    <div
      className="uploads"
      data-over={isDragged}
      onDragOver={(event) => {
        event.preventDefault();
        setIsDragged(true);
      }}
      onDragLeave={() => setIsDragged(false)}
      onDrop={dropped}
    >
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="file"
        accept={accept}
        multiple
        aria-describedby={`${id}-hint`}
        onChange={(event) => {
          send([...(event.target.files ?? [])]);
          event.target.value = "";
        }}
      />
      <p id={`${id}-hint`} className="hint">
        {hint}
      </p>
      {uploads.size > 0 && (
        <ul className="upload-list">
          {[...uploads].map(([key, upload]) => (
            <li key={key} data-step={upload.step}>
              <span className="upload-name">{upload.name}</span>
              <span className="upload-text" role={isOver(upload) ? "status" : undefined}>
                {uploadText(upload)}
              </span>
              {upload.step === "sending" && (
                <progress aria-label={`${upload.name}, sent`} value={progressOf(upload) ?? 0} />
              )}
              {isOver(upload) && (
                <button type="button" className="small" aria-label={`Hide ${upload.name}`} onClick={() => forget(key)}>
                  Hide
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
