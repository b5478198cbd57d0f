import { useState } from "react";
import { explain } from "../api/answers";
import { useNow } from "../hooks";
import { isStale, USUAL } from "./polling";

/** How old what is seen is, once that is to be said, and why. `every`: ms between two looks. */
export function Stale(props: { answeredAt: number; error: unknown; every?: number }) {
  const { answeredAt, error, every = USUAL } = props;
  const now = useNow();
  const [openedAt] = useState(Date.now); // before that nobody asked
  if (!isStale(Math.max(answeredAt, openedAt), now, document.hidden, every)) return null;
  const seconds = Math.floor((now - answeredAt) / 1000);
  return (
    <p className="warning" role="status">
      What you see is <span aria-hidden="true">{seconds} s</span> old:{" "}
      {error ? explain(error) : "the API has not answered since."}
    </p>
  );
}
