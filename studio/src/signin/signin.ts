/** Who is signed in: the code flow with PKCE at Cognito's hosted UI, kept up by the refresh token. */

import { ErrorResponse, ErrorTimeout, UserManager, WebStorageStateStore, type User } from "oidc-client-ts";
import type { Config } from "../config";

/** `expired`: was signed in; the page stays as it is, and asks to sign in again. `problem`: why a sign-in failed. */
export type SignedIn = { status: "out"; problem?: string } | { status: "in" | "expired"; name: string };

const SOON = 60; // seconds for which a token must still be good, not to run out on its way

export class SignIn {
  private readonly manager: UserManager;
  private readonly listeners = new Set<() => void>();
  private user: User | null = null;
  private renewing: Promise<boolean> | null = null;
  private told: SignedIn = { status: "out" };

  constructor(private readonly config: Config["oidc"]) {
    this.manager = new UserManager({
      authority: config.authority,
      client_id: config.clientId,
      redirect_uri: config.redirectUri,
      scope: config.scope,
      loadUserInfo: false,
      automaticSilentRenew: false, // who asks the API has it renewed, by `token`
      userStore: new WebStorageStateStore({ store: window.sessionStorage }),
    });
    this.manager.events.addUserLoaded((user) => this.tell(user, "in"));
  }

  /** Goes on where a sign-in has led back to. False in the window of a sign-in, which closes. */
  async begin(): Promise<boolean> {
    const query = new URLSearchParams(location.search);
    if (query.has("state") && (query.has("code") || query.has("error"))) {
      const user = await this.manager.signinCallback().catch((error: unknown) => {
        this.told = { status: "out", problem: whyNotSignedIn(error) };
        return null;
      });
      if (user === undefined) return false;
      const path = (user?.state as { path?: string } | undefined)?.path;
      history.replaceState(null, "", path?.startsWith("/") ? path : "/");
    }
    const user = await this.manager.getUser();
    if (user) this.tell(user, "in");
    return true;
  }

  /** For `useSyncExternalStore`. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  readonly now = (): SignedIn => this.told;

  /** The ID token that the API takes; renewed before it expires. Null if nobody is signed in any more. */
  async token(): Promise<string | null> {
    const left = this.user?.expires_in ?? SOON;
    if (left < SOON) {
      const is = await this.renew().catch((error: unknown) => {
        if (left <= 0) throw error;
        return true; // the one that there is still holds
      });
      if (!is && left <= 0) return null;
    }
    return this.user?.id_token ?? null;
  }

  /** By the refresh token. False if that is of no use any more; raises what fetch does where nobody answers. */
  renew(): Promise<boolean> {
    this.renewing ??= this.refresh()
      .catch((error: unknown) => {
        if (!isAnswer(error)) throw error;
        return false;
      })
      .then((is) => {
        if (!is && this.user) this.tell(this.user, "expired");
        return is;
      })
      .finally(() => {
        this.renewing = null;
      });
    return this.renewing;
  }

  private async refresh(): Promise<boolean> {
    if (!this.user?.refresh_token) return false; // without one it would be tried in a frame, which Cognito allows nobody
    return (await this.manager.signinSilent()) !== null;
  }

  /** Leaves the page, and comes back to where it was. Raises where nobody answers. */
  go(): Promise<void> {
    return this.manager.signinRedirect({ state: { path: location.pathname } });
  }

  /** In a window of its own: the page and what plays in it stay. Raises where that came to nothing. */
  async again(): Promise<void> {
    await this.manager.signinPopup().catch((error: unknown) => {
      if (isAnswer(error) || isNone(error)) throw error;
      throw new Error("There was no window to sign in, or it was closed. Allow this page pop-ups, and try again.");
    });
  }

  async out(): Promise<void> {
    await this.manager.revokeTokens(["refresh_token"]).catch(() => undefined); // it goes out all the same
    await this.manager.removeUser();
    const query = new URLSearchParams({ client_id: this.config.clientId, logout_uri: this.config.redirectUri });
    location.assign(`${this.config.domain}/logout?${query}`);
  }

  private tell(user: User, status: "in" | "expired"): void {
    this.user = user;
    this.told = { status, name: user.profile.email ?? user.profile.sub };
    for (const listener of this.listeners) listener();
  }
}

const isAnswer = (error: unknown) => error instanceof ErrorResponse;
const isNone = (error: unknown) => error instanceof TypeError || error instanceof ErrorTimeout;

/** Why nobody was signed in, and what to do. */
export function whyNotSignedIn(error: unknown): string {
  if (isNone(error)) return "There is no answer where you sign in. Check the network, and try again.";
  return `You were not signed in: ${error instanceof Error ? error.message : String(error)}`;
}
