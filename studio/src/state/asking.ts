/** How the page asks. */

import { QueryClient, useQuery, type Query, type UseQueryOptions } from "@tanstack/react-query";
import { useRef } from "react";
import { isGone } from "../api/answers";

const AGAIN = 5000;

/**
 * A browser that believes to be without a network may be wrong, so it asks all the same. Nothing is tried again in
 * silence: what has failed is told at once, and asked again until there is an answer.
 */
export function newClient(): QueryClient {
  const asks = {
    networkMode: "always",
    refetchOnReconnect: true,
    retry: false,
    refetchInterval: untilAnswered,
  } as const;
  return new QueryClient({ defaultOptions: { queries: asks } });
}

/** The `refetchInterval` of what is asked once; of what is followed, besides its own. */
export function untilAnswered({ state: { error } }: Pick<Query, "state">): number | false {
  return error && !isGone(error) ? AGAIN : false;
}

/** As useQuery. `error` is told until there is an answer, also while it is asked again. */
export function useAsked<T, S = T>(options: UseQueryOptions<T, Error, S>) {
  const { data, error, status, dataUpdatedAt } = useQuery(options);
  const told = useRef<Error | null>(null);
  if (status !== "pending") told.current = error;
  return { data, error: told.current, dataUpdatedAt };
}
