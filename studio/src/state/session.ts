/** A session as it stands, asked for again and again: one request that says what is new, and costs little if nothing is. */

import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { data, isGone } from "../api/answers";
import { api } from "../api/client";
import type { components } from "../api/schema";
import { useAsked } from "./asking";
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

/** The keys of what else is asked of a session: again when anything of it has changed, or when its state has. */
export const ofSession = (id: string, ...what: string[]) => ["of session", id, ...what];
export const ofState = (id: string, ...what: string[]) => ["of state", id, ...what];

/** `dataUpdatedAt` is when the API has last said how it stands. Who does not follow it reads it once. */
export function useSession(sessionId: string, isFollowed: () => boolean = () => true) {
  const client = useQueryClient();
  const queryKey = ["session", sessionId];
  return useAsked({
    queryKey,
    queryFn: async () => {
      const before = client.getQueryData<Seen>(queryKey);
      const seen = await look(sessionId, before);
      if (before) askAgain(client, before.session, seen.session);
      return seen;
    },
    refetchInterval: ({ state: { error } }) =>
      (isFollowed() || error !== null) &&
      !isGone(error) &&
      pollEvery(Date.now(), actions.get(sessionId), document.hidden),
    refetchIntervalInBackground: true,
  });
}

export function askAgain(client: QueryClient, { version, state }: Session, now: Session): void {
  if (now.version !== version) void client.invalidateQueries({ queryKey: ofSession(now.id) });
  if (now.state !== state) void client.invalidateQueries({ queryKey: ofState(now.id) });
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
