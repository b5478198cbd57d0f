/** What the panels ask for besides the session. */

import { useQueryClient } from "@tanstack/react-query";
import { data } from "../api/answers";
import { api } from "../api/client";
import type { components } from "../api/schema";
import { untilAnswered, useAsked } from "../state/asking";
import { ofSession, type Session } from "../state/session";
import { lookEvery } from "./thumbnail";
import { nextLook } from "./trackorder";

type Kind = components["schemas"]["MediaView"]["kind"];

const BEING_MADE = 3000; // ms between looks at what is being made, of which the session says nothing
const MOST_PAGES = 10; // of the library: a thousand files

export function tracklistKey(session: Session) {
  return ofSession(session.id, "tracklist");
}

/** The tracklist of a session that plays files. */
export function useTracklist(session: Session) {
  return useAsked({
    queryKey: tracklistKey(session),
    enabled: session.sources.some((each) => each.type === "MP4_FILE"),
    queryFn: () => data(api.GET("/sessions/{session_id}/tracklist", { params: { path: { session_id: session.id } } })),
    refetchInterval: (query) => {
      const view = query.state.data;
      if (!view || query.state.error) return untilAnswered(query);
      const isMaking = view.tracks.some((each) => each.level === "being_made");
      return isMaking ? BEING_MADE : (nextLook(view, Date.now()) ?? false);
    },
  });
}

/** The picture of the source on air, anew with each cut. It is not asked for while the page is hidden. */
export function useThumbnail(session: Session) {
  return useAsked({
    queryKey: ["thumbnail", session.id, session.on_air, session.on_air_at],
    queryFn: () => data(api.GET("/sessions/{session_id}/thumbnail", { params: { path: { session_id: session.id } } })),
    refetchInterval: () => lookEvery(session.on_air_at, Date.now()),
  });
}

export function useRecordings(session: Session) {
  return useAsked({
    queryKey: ofSession(session.id, "recordings"),
    queryFn: async () =>
      (await data(api.GET("/sessions/{session_id}/recordings", { params: { path: { session_id: session.id } } })))
        .recordings,
    refetchInterval: (query) =>
      query.state.data?.some((each) => each.state === "closed") ? BEING_MADE : untilAnswered(query),
  });
}

/** The caller's files of a kind that are ready, newest first. */
export function useLibrary(kind: Kind) {
  return useAsked({
    queryKey: ["media"],
    queryFn: allMedia,
    select: (media) => media.filter((each) => each.kind === kind && each.state === "ready"),
  });
}

export function useForgetLibrary() {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: ["media"] });
}

async function allMedia() {
  const media: components["schemas"]["MediaView"][] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer = await data(api.GET("/media", { params: { query: { limit: 100, cursor } } }));
    media.push(...answer.media);
    if (answer.next === null) break;
    cursor = answer.next;
  }
  return media;
}
