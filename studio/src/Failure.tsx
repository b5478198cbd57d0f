import { explain } from "./api/answers";

/** Why what is to be seen here is not, or is not the latest. */
export function Failure({ error }: { error: unknown }) {
  if (!error) return null;
  return (
    <p className="problem" role="alert">
      {explain(error)}
    </p>
  );
}
