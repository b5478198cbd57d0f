import { useState } from "react";
import { whyNotSignedIn } from "./signin";

/** Signs in, or says why that came to nothing. `problem`: of a sign-in that has led back here. */
export function SignInButton(props: { sign: () => Promise<void>; problem?: string | undefined; children: string }) {
  const { sign, children } = props;
  const [problem, setProblem] = useState(props.problem);
  const press = async () => {
    setProblem(undefined);
    await sign().catch((error: unknown) => setProblem(whyNotSignedIn(error)));
  };
  return (
    <>
      <button type="button" className="primary" onClick={() => void press()}>
        {children}
      </button>
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
    </>
  );
}
