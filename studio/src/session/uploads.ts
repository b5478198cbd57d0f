/** Files on their way to the library, several at once, and whatever is looked at meanwhile. */

import { data, explain, isUnsure } from "../api/answers";
import { api } from "../api/client";
import type { components } from "../api/schema";
import { Once } from "../state/once";
import { checked, isOver, type Upload } from "./sending";

type Media = components["schemas"]["MediaView"];
type Form = components["schemas"]["Upload"];

const LOOK = 1000;

interface Now {
  uploads: ReadonlyMap<string, Upload>;
  /** Ids of those that are ready, until they are settled. */
  arrived: readonly string[];
}

export class Uploads {
  private told: Now = { uploads: new Map(), arrived: [] };
  private readonly listeners = new Set<() => void>();

  constructor(private readonly kind: Media["kind"]) {}

  /** For `useSyncExternalStore`. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  readonly now = (): Now => this.told;

  readonly send = (files: Iterable<File>): void => {
    for (const file of files) void this.carry(file, crypto.randomUUID());
  };

  readonly forget = (key: string): void => {
    this.tell({ uploads: new Map([...this.told.uploads].filter(([each]) => each !== key)) });
  };

  /** They are where they were sent for. */
  readonly settle = (media: readonly string[]): void => {
    if (media.length > 0) this.tell({ arrived: this.told.arrived.filter((each) => !media.includes(each)) });
  };

  /** A file from here to being ready. */
  private async carry(file: File, key: string): Promise<void> {
    const { name, size } = file;
    const tell = (upload: Upload) => this.tell({ uploads: new Map(this.told.uploads).set(key, upload) });
    keepThePage(key);
    tell({ step: "asking", name });
    try {
      const body = { kind: this.kind, title: name.replace(/\.[^.]*$/, "").slice(0, 200) };
      const made = await new Once().act((header) => data(api.POST("/media", { params: { header }, body })));
      tell({ step: "sending", name, sent: 0, size });
      await post(made!.upload, file, (sent) => tell({ step: "sending", name, sent, size }));
      const upload = await seen({ step: "checking", name, media: made!.media.id }, tell);
      if (upload.step === "ready") this.tell({ arrived: [...this.told.arrived, upload.media] });
    } catch (error) {
      tell({ step: "failed", name, reason: explain(error, "then send it again") });
    } finally {
      letThePageGo(key);
    }
  }

  private tell(change: Partial<Now>): void {
    this.told = { ...this.told, ...change };
    for (const listener of this.listeners) listener();
  }
}

const known = new Map<string, Uploads>();

/** Those that were sent for one thing: they stay when its page is left, and are there when it is back. */
export function uploadsFor(what: string, kind: Media["kind"]): Uploads {
  const uploads = known.get(what) ?? new Uploads(kind);
  known.set(what, uploads);
  return uploads;
}

const running = new Set<string>();

/** Who closes or reloads the page is asked before, as that would end what is on its way. */
function keepThePage(key: string): void {
  running.add(key);
  addEventListener("beforeunload", ask);
}

function letThePageGo(key: string): void {
  running.delete(key);
  if (running.size === 0) removeEventListener("beforeunload", ask);
}

const ask = (event: Event) => event.preventDefault();

/** Looked at until the checks have said what it is; nobody answering says nothing of the file. */
async function seen(upload: Upload & { media: string }, tell: (upload: Upload) => void): Promise<Upload> {
  const path = { media_id: upload.media };
  let latest: Upload = upload;
  tell(latest);
  while (!isOver(latest)) {
    await new Promise((done) => setTimeout(done, LOOK));
    try {
      latest = checked(upload, await data(api.GET("/media/{media_id}", { params: { path } })));
    } catch (error) {
      if (!isUnsure(error)) throw error;
    }
    tell(latest);
  }
  return latest;
}

/** The form goes to S3 by XMLHttpRequest: fetch tells no progress. Raises Error. */
function post(form: Form, file: File, sent: (bytes: number) => void): Promise<void> {
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    const body = new FormData();
    for (const [name, value] of Object.entries(form.fields)) body.append(name, value);
    body.append("file", file);
    request.upload.onprogress = (event) => sent(Math.min(file.size, event.loaded));
    request.onload = () => (request.status < 300 ? done() : fail(new Error(refusal(request))));
    request.onerror = () => fail(new Error("The connection broke while it was sent. Send it again."));
    request.open("POST", form.url);
    request.send(body);
  });
}

function refusal(request: XMLHttpRequest): string {
  if (request.responseText.includes("EntityTooLarge")) return "It is larger than is allowed.";
  const id = request.getResponseHeader("x-amz-request-id");
  return `S3 did not take it (status ${request.status}${id ? `, request ${id}` : ""}). Send it again.`;
}
