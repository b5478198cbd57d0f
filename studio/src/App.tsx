import { useSyncExternalStore } from "react";
import { Link, usePath } from "./router";
import type { SignIn } from "./signin/signin";
import { SessionList } from "./sessions/SessionList";
import { SessionPage } from "./session/SessionPage";
import "./app.css";

export function App({ signIn }: { signIn: SignIn }) {
  const who = useSyncExternalStore(signIn.subscribe, signIn.now);
  const path = usePath();
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
        {path[0] === "sessions" && path[1] ? <SessionPage key={path[1]} id={path[1]} /> : <SessionList />}
      </main>
    </>
  );
}
