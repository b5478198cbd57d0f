// What the API tells of executions. One that runs is asked for again; of its history only what happened since.
import { useQueryClient } from "@tanstack/react-query";
import { data } from "../api/answers";
import { api } from "../api/client";
import { untilAnswered, useAsked } from "../state/asking";
import { merged, runs, type Execution, type History } from "./history";

export const LOOK = 2_000; // ms between two looks at what runs
export const LOOK_FOR_OTHERS = 5_000;

/** Followed while it runs. An execution that has ended stays as it is, and is read once. */
export function useHistory(sessionId: string, name: string) {
  const client = useQueryClient();
  const queryKey = ["history", sessionId, name];
  return useAsked({
    queryKey,
    queryFn: async ({ signal }) => {
      const before = client.getQueryState<History>(queryKey);
      const failed = before?.error || before?.fetchFailureCount; // then all of it: the place may be of another release
      const seen = failed ? undefined : before?.data;
      const path = { session_id: sessionId, name };
      const query = seen ? { after: seen.after } : {};
      const call = api.GET("/sessions/{session_id}/executions/{name}/history", { params: { path, query }, signal });
      const told = (await data(call)) as History; // openapi-fetch takes the pairs of numbers for lists of any length
      return seen ? merged(seen, told) : told;
    },
    refetchInterval: ({ state }) => (state.data && !runs(state.data.execution) ? false : LOOK),
    staleTime: ({ state }) => (state.data && !runs(state.data.execution) ? Infinity : 0),
  });
}

/** All that worked for a session; asked again while one of them runs, or while `fresh` ones may begin. */
export function useExecutions(sessionId: string, fresh = false) {
  return useAsked({
    queryKey: ["executions", sessionId],
    queryFn: async ({ signal }) => {
      const path = { session_id: sessionId };
      return (await data(api.GET("/sessions/{session_id}/executions", { params: { path }, signal }))).executions;
    },
    refetchInterval: (query) => (fresh || query.state.data?.some(runs) ? LOOK_FOR_OTHERS : untilAnswered(query)),
  });
}

const LATE = 30_000; // ms after an execution's end in which AWS's events of it may yet be told

/** Whether the session's timeline may yet tell more of an execution. */
export const stillTold = ({ ended_at }: Execution) => ended_at === null || Date.now() - Date.parse(ended_at) < LATE;
