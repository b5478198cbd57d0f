/** A file on its way: asked for, sent with progress, looked at, and ready, or refused with the reason. */

import type { components } from "../api/schema";

type Media = components["schemas"]["MediaView"];

export type Upload =
  | { step: "asking"; name: string }
  | { step: "sending"; name: string; sent: number; size: number }
  | { step: "checking"; name: string; media: string }
  | { step: "ready"; name: string; media: string }
  | { step: "failed"; name: string; reason: string };

/** What the checks say of a file that was sent. */
export function checked(upload: Upload, media: Media): Upload {
  switch (media.state) {
    case "ready":
      return { step: "ready", name: upload.name, media: media.id };
    case "refused":
    case "failed":
      return { step: "failed", name: upload.name, reason: media.message };
    default:
      return { step: "checking", name: upload.name, media: media.id };
  }
}

export function isOver(upload: Upload): boolean {
  return upload.step === "ready" || upload.step === "failed";
}

/** From 0 to 1 while it is sent; null where there is no saying. */
export function progressOf(upload: Upload): number | null {
  return upload.step === "sending" && upload.size > 0 ? upload.sent / upload.size : null;
}

export function uploadText(upload: Upload): string {
  switch (upload.step) {
    case "asking":
      return "Waiting to be sent";
    case "sending":
      return `${Math.floor((100 * upload.sent) / Math.max(1, upload.size))} % sent`;
    case "checking":
      return "Sent; it is looked at";
    case "ready":
      return "Ready";
    case "failed":
      return upload.reason;
  }
}
