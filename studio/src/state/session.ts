/** A session as it stands, asked for again and again: one request that says what is new, and costs little if nothing is. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { data, isGone } from "../api/answers";
import { api } from "../api/client";
import type { components } from "../api/schema";
import { merged, pollEvery } from "./polling";

export type Session = components["schemas"]["SessionNow"];
export type Entry = components["schemas"]["TimelineEntry"];

interface Seen {
  session: Session;
  entries: Entry[];
  etag: string | null;
}

const actions = new Map<string, number>();

/** That somebody has pressed a button of a session: it is looked at more often for a while. */
export function acted(sessionId: string): void {
  actions.set(sessionId, Date.now());
}

/** `dataUpdatedAt` is when the API has last said how it stands. Who does not follow it reads it once. */
export function useSession(sessionId: string, isFollowed: () => boolean = () => true) {
  const client = useQueryClient();
  const queryKey = ["session", sessionId];
  return useQuery({
    queryKey,
    queryFn: () => look(sessionId, client.getQueryData<Seen>(queryKey)),
    refetchInterval: ({ state }) =>
      isFollowed() && !isGone(state.error) && pollEvery(Date.now(), actions.get(sessionId), document.hidden),
    refetchIntervalInBackground: true,
    retry: false,
  });
}

async function look(sessionId: string, seen: Seen | undefined): Promise<Seen> {
  const call = api.GET("/sessions/{session_id}", {
    params: {
      path: { session_id: sessionId },
      query: { after: seen?.session.cursor ?? "" },
      header: seen?.etag ? { "If-None-Match": seen.etag } : {},
    },
  });
  const { response } = await call;
  if (response.status === 304 && seen) return { ...seen };
  const session = await data(call);
  return { session, entries: merged(seen?.entries ?? [], session.timeline ?? []), etag: response.headers.get("ETag") };
}
