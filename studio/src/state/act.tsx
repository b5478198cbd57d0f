/** Doing something once, however often it is clicked, and saying what came of it. */

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { data, explainAct, Refused, type Answer } from "../api/answers";
import { Once, type Header } from "./once";
import { acted } from "./session";

/**
 * `busy` while a request is on its way; another one is not begun meanwhile. `act` answers null where it was refused;
 * then `problem` says why, and `field` of which field, if it is of one. `what`: see Once.
 */
export function useAct(sessionId: string) {
  const client = useQueryClient();
  const [once] = useState(() => new Once());
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const look = () => {
    acted(sessionId);
    return client.invalidateQueries({ queryKey: ["session", sessionId] });
  };

  async function act<T>(call: (header: Header) => Promise<Answer<T>>, what?: string): Promise<T | null> {
    if (once.isRunning) return null;
    setBusy(true);
    setFailure(null);
    acted(sessionId);
    try {
      const answer = await once.act((header) => data(call(header)), what);
      await look();
      return answer;
    } catch (error) {
      setFailure(error);
      void look();
      return null;
    } finally {
      setBusy(false);
    }
  }
  const field = failure instanceof Refused ? failure.field : null;
  return { act, busy, problem: failure === null ? null : explainAct(failure), field };
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
