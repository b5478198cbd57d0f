import { lazy, Suspense, useSyncExternalStore } from "react";
import { Help } from "./Help";
import { Link, usePath } from "./router";
import { useShortcuts } from "./shortcuts";
import type { SignIn } from "./signin/signin";
import { SessionList } from "./sessions/SessionList";
import { SessionPage } from "./session/SessionPage";
import { Theme } from "./Theme";
import { TimeTip } from "./Time";
import "./app.css";

const ExecutionPage = lazy(async () => ({ default: (await import("./execution/ExecutionPage")).ExecutionPage }));

/** `onAws`: whether AWS's console can be linked to. */
export function App({ signIn, onAws }: { signIn: SignIn; onAws: boolean }) {
  const who = useSyncExternalStore(signIn.subscribe, signIn.now);
  const path = usePath();
  useShortcuts();
  if (who.status === "out") {
    return (
      <main className="sign-in">
        <h1>Showrunner</h1>
        <p>Run a live show from here. Sign in to see your sessions.</p>
        <button type="button" className="primary" onClick={() => void signIn.go()}>
          Sign in
        </button>
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
        <div className="warning" role="alert">
          Your sign-in has expired. What is shown goes on; nothing can be changed until you sign in again.{" "}
          <button type="button" className="small" onClick={() => void signIn.again()}>
            Sign in again
          </button>
        </div>
      )}
      <main className="page">
        <View path={path} onAws={onAws} />
        <TimeTip />
      </main>
    </>
  );
}

function View({ path: [first, id, part, name], onAws }: { path: string[]; onAws: boolean }) {
  if (first !== "sessions" || !id) return <SessionList />;
  if (part !== "executions") return <SessionPage key={id} id={id} />;
  return (
    <Suspense>
      <ExecutionPage sessionId={id} name={name} onAws={onAws} />
    </Suspense>
  );
}
