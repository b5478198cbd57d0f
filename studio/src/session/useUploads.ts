/** Files on their way to the library, several at once. */

import { useCallback, useEffect, useRef, useState } from "react";
import { api } from "../api/client";
import type { components } from "../api/schema";
import { data, explain } from "../api/answers";
import { checked, isOver, type Upload } from "./sending";

type Kind = components["schemas"]["MediaView"]["kind"];
type Form = components["schemas"]["Upload"];

const LOOK = 1000;

/** `send` begins; `ready` is told the id of each file that may be used. */
export function useUploads(kind: Kind, ready: (media: string) => void) {
  const [uploads, setUploads] = useState<ReadonlyMap<string, Upload>>(new Map());
  const whenReady = useRef(ready);
  const leaving = useRef(new AbortController());

  useEffect(() => {
    whenReady.current = ready;
  }, [ready]);
  useEffect(() => {
    const controller = new AbortController();
    leaving.current = controller;
    return () => controller.abort();
  }, []);

  const send = useCallback(
    (files: Iterable<File>) => {
      for (const file of files) {
        const key = crypto.randomUUID();
        const tell = (upload: Upload) => setUploads((before) => new Map(before).set(key, upload));
        void carry(file, kind, key, tell, leaving.current.signal).then((media) => media && whenReady.current(media));
      }
    },
    [kind],
  );
  const forget = useCallback((key: string) => {
    setUploads((before) => new Map([...before].filter(([each]) => each !== key)));
  }, []);
  return { uploads, send, forget };
}

/** A file from here to being ready: its id, or null if it is not to be used. */
async function carry(
  file: File,
  kind: Kind,
  key: string,
  tell: (upload: Upload) => void,
  leaving: AbortSignal,
): Promise<string | null> {
  const { name } = file;
  tell({ step: "asking", name });
  try {
    const made = await data(
      api.POST("/media", {
        params: { header: { "Idempotency-Key": key } },
        body: { kind, title: name.replace(/\.[^.]*$/, "").slice(0, 200) },
      }),
    );
    const size = file.size;
    tell({ step: "sending", name, sent: 0, size });
    await post(made.upload, file, (sent) => tell({ step: "sending", name, sent, size }), leaving);
    let upload: Upload = { step: "checking", name, media: made.media.id };
    tell(upload);
    while (!isOver(upload) && !leaving.aborted) {
      await new Promise((done) => setTimeout(done, LOOK));
      const media = await data(api.GET("/media/{media_id}", { params: { path: { media_id: made.media.id } } }));
      upload = checked(upload, media);
      tell(upload);
    }
    return upload.step === "ready" ? upload.media : null;
  } catch (error) {
    if (!leaving.aborted) tell({ step: "failed", name, reason: explain(error) });
    return null;
  }
}

/** The form goes to S3 by XMLHttpRequest: fetch tells no progress. Raises Error. */
function post(form: Form, file: File, sent: (bytes: number) => void, leaving: AbortSignal): Promise<void> {
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    const body = new FormData();
    for (const [name, value] of Object.entries(form.fields)) body.append(name, value);
    body.append("file", file);
    request.upload.onprogress = (event) => sent(Math.min(file.size, event.loaded));
    request.onload = () => (request.status < 300 ? done() : fail(new Error(refusal(request))));
    request.onerror = () => fail(new Error("The connection broke while it was sent. Send it again."));
    request.onabort = () => fail(new Error("It was not sent."));
    leaving.addEventListener("abort", () => request.abort());
    request.open("POST", form.url);
    request.send(body);
  });
}

function refusal(request: XMLHttpRequest): string {
  if (request.responseText.includes("EntityTooLarge")) return "It is larger than is allowed.";
  const id = request.getResponseHeader("x-amz-request-id");
  return `S3 did not take it (status ${request.status}${id ? `, request ${id}` : ""}). Send it again.`;
}
