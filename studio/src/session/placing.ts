/** Where an image lies over the picture, in pixels of the session's picture. */

import type { components } from "../api/schema";

type Profile = components["schemas"]["SessionNow"]["profile"];

export interface Size {
  width: number;
  height: number;
}

export const PICTURE: Record<Profile, Size> = {
  "360p30": { width: 640, height: 360 },
  "480p30": { width: 854, height: 480 },
  "720p30": { width: 1280, height: 720 },
  "1080p30": { width: 1920, height: 1080 },
};

export const PLACES = ["top left", "top right", "bottom left", "bottom right", "centre"] as const;
export type Place = (typeof PLACES)[number];

/** The image's size at so many percent of the picture's width, in its own proportions; never larger than the picture. */
export function scaled(image: Size, picture: Size, percent: number): Size {
  const wanted = (picture.width * percent) / 100 / image.width;
  const scale = Math.min(wanted, picture.width / image.width, picture.height / image.height);
  return { width: Math.max(1, Math.round(image.width * scale)), height: Math.max(1, Math.round(image.height * scale)) };
}

/** Of its upper left corner, a twentieth of the picture's height from the edges. */
export function placed(place: Place, image: Size, picture: Size): { x: number; y: number } {
  const margin = Math.round(picture.height / 20);
  const right = Math.max(0, picture.width - image.width - margin);
  const bottom = Math.max(0, picture.height - image.height - margin);
  if (place === "centre") {
    return {
      x: Math.max(0, Math.round((picture.width - image.width) / 2)),
      y: Math.max(0, Math.round((picture.height - image.height) / 2)),
    };
  }
  return { x: place.endsWith("left") ? margin : right, y: place.startsWith("top") ? margin : bottom };
}
