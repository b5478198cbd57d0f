/** The tracklist as it is edited, and what of it MediaLive keeps. */

import type { components } from "../api/schema";

type View = components["schemas"]["TracklistView"];
type Track = components["schemas"]["Track"];

export const MOST_TRACKS = 100;
const NOTICE = 17_000; // ms before a track's end from which on the one behind it stays

/** `locked`: it comes next whatever the list says, so it is not moved. */
export interface Row extends Track {
  isOnAir: boolean;
  isNext: boolean;
  isLocked: boolean;
}

/** The list's rows, and what MediaLive keeps that the list has elsewhere or not at all. */
export function rowsOf(view: View): { rows: Row[]; kept: string[] } {
  const first = view.position === null ? null : view.position + 1;
  const lockedAt = new Set<number>();
  const kept: string[] = [];
  view.locked.forEach((item, number) => {
    const position = first === null ? -1 : first + number;
    if (view.tracks[position]?.id === item) lockedAt.add(position);
    else if (first !== null) kept.push(item);
  });
  const rows = view.tracks.map((track) => ({
    ...track,
    isOnAir: track.position === view.position,
    isNext: track.position === first && view.next === track.id,
    isLocked: lockedAt.has(track.position),
  }));
  return { rows, kept };
}

/** The list with one track at another place; as it is where there is no such place. */
export function moved(items: string[], from: number, to: number): string[] {
  if (from === to || from < 0 || to < 0 || from >= items.length || to >= items.length) return items;
  const rest = items.filter((_, position) => position !== from);
  return [...rest.slice(0, to), items[from]!, ...rest.slice(to)];
}

export function without(items: string[], position: number): string[] {
  return items.filter((_, each) => each !== position);
}

/** Whether a track may go from one place to another: never to, from, or before what MediaLive keeps. */
export function canMove(rows: Row[], from: number, to: number): boolean {
  const free = rows.filter((row) => !row.isLocked && !row.isOnAir).map((row) => row.position);
  return free.includes(from) && free.includes(to);
}

/** Milliseconds until the list is to be asked for again though nobody changed it: the next track is locked by then. */
export function nextLook(view: View, now: number): number | null {
  if (view.ends_at === null) return null;
  const locks = new Date(view.ends_at).getTime() - NOTICE - now;
  return locks > 0 ? locks + 500 : null;
}

/** What a track has to say besides its title. */
export function trackNote(track: Track): string | null {
  if (track.state === "missing") return "This file was deleted. Take it off the list.";
  if (track.state !== "ready") return "It is not ready to be played.";
  if (track.level === "being_made") return "Its level is being made.";
  if (track.level === "failed") return "Its level could not be made: it plays as it was levelled.";
  return null;
}
