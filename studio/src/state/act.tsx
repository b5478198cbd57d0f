/** Doing something once, however often it is clicked, and saying what came of it. */

import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { data, explain, isUnanswered, Refused, type Answer } from "../api/answers";
import { acted } from "./session";

const TRIES = 3; // of a request that nobody answered: under its key it is done once
const PAUSE = 1000;

export type Header = { "Idempotency-Key": string };

/**
 * `busy` while a request is on its way; another one is not begun meanwhile. `act` answers null where it was refused;
 * then `problem` says why, and `field` of which field, if it is of one.
 * `what` names what must not be done twice though nobody answered: asked for again, it goes under the same key.
 */
export function useAct(sessionId: string) {
  const client = useQueryClient();
  const isRunning = useRef(false);
  const unanswered = useRef<{ what?: string; key: string } | null>(null);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);

  async function act<T>(call: (header: Header) => Promise<Answer<T>>, what?: string): Promise<T | null> {
    if (isRunning.current) return null;
    isRunning.current = true;
    setBusy(true);
    setFailure(null);
    const isAgain = what !== undefined && unanswered.current?.what === what;
    const key = isAgain ? unanswered.current!.key : crypto.randomUUID();
    const header = { "Idempotency-Key": key };
    unanswered.current = null;
    try {
      const answer = await again(() => data(call(header)), TRIES);
      acted(sessionId);
      await client.invalidateQueries({ queryKey: ["session", sessionId] });
      return answer;
    } catch (error) {
      if (isUnanswered(error)) unanswered.current = { what, key };
      setFailure(error);
      return null;
    } finally {
      isRunning.current = false;
      setBusy(false);
    }
  }
  const field = failure instanceof Refused ? failure.field : null;
  return { act, busy, problem: failure === null ? null : explain(failure), field };
}

export function ProblemNote({ problem }: { problem: string | null }) {
  return (
    problem && (
      <p className="problem" role="alert">
        {problem}
      </p>
    )
  );
}

async function again<T>(ask: () => Promise<T>, tries: number): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!isUnanswered(error) || tries === 1) throw error;
    await new Promise((done) => setTimeout(done, PAUSE));
    return again(ask, tries - 1);
  }
}
