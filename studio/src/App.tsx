import { useSyncExternalStore } from "react";
import { Boundary } from "./Boundary";
import { Help } from "./Help";
import { Link, usePath } from "./router";
import type { SignIn } from "./signin/signin";
import { SignInButton } from "./signin/SignInButton";
import { SessionList } from "./sessions/SessionList";
import { SessionPage } from "./session/SessionPage";
import { useAsked } from "./state/asking";
import { Theme } from "./Theme";
import { TimeTip } from "./Time";
import { Views } from "./Views";
import "./app.css";
import "./execution/execution.css"; // here, as a style that did not come with its view is not asked for again

/** `onAws`: whether AWS's console can be linked to. */
export function App({ signIn, onAws }: { signIn: SignIn; onAws: boolean }) {
  const who = useSyncExternalStore(signIn.subscribe, signIn.now);
  const path = usePath();
  if (who.status === "out") {
    return (
      <main className="sign-in">
        <h1>Showrunner</h1>
        <p>Run a live show from here. Sign in to see your sessions.</p>
        <SignInButton sign={() => signIn.go()} problem={who.problem}>
          Sign in
        </SignInButton>
      </main>
    );
  }
  return (
    <>
      <header className="top">
        <Link to="/" className="top-home">
          Showrunner
        </Link>
        <span className="top-who">{who.name}</span>
        <Theme />
        <Help />
        <button type="button" className="small" onClick={() => void signIn.out()}>
          Sign out
        </button>
      </header>
      {who.status === "expired" && (
        <div className="warning expired" role="alert">
          Your sign-in has expired. The preview goes on; all else stands still until you sign in again.{" "}
          <SignInButton sign={() => signIn.again()}>Sign in again</SignInButton>
        </div>
      )}
      <Views address={path.join("/")}>
        <Boundary key={path.join("/")}>
          <View path={path} onAws={onAws} />
        </Boundary>
        <TimeTip />
      </Views>
    </>
  );
}

function View({ path: [first, id, part, name], onAws }: { path: string[]; onAws: boolean }) {
  if (first !== "sessions" || !id) return <SessionList />;
  if (part !== "executions") return <SessionPage key={id} id={id} />;
  return <Executions sessionId={id} name={name} onAws={onAws} />;
}

/** Loaded when they are looked at, and again until they are. */
function Executions(props: { sessionId: string; name: string | undefined; onAws: boolean }) {
  const { data: loaded, error } = useAsked({
    queryKey: ["the view of executions"],
    queryFn: () => import("./execution/ExecutionPage"),
    staleTime: Infinity,
    structuralSharing: false,
  });
  if (loaded) return <loaded.ExecutionPage {...props} />;
  return (
    <p role="status">
      {error ? "This view could not be loaded. Check the network; it is asked for again." : "It is being loaded…"}
    </p>
  );
}
