import { beforeEach, expect, test, vi } from "vitest";
import { SignIn } from "./signin";

const { manager, ErrorResponse } = vi.hoisted(() => ({
  manager: { getUser: vi.fn(), signinSilent: vi.fn(), events: { addUserLoaded: vi.fn() }, settings: {} as object },
  ErrorResponse: class extends Error {},
}));
vi.mock("oidc-client-ts", () => ({
  ErrorResponse,
  UserManager: class {
    constructor(settings: object) {
      manager.settings = settings;
      return manager;
    }
  },
  WebStorageStateStore: class {},
}));

const CONFIG = { authority: "", domain: "", clientId: "", scope: "", redirectUri: "" };

interface Held {
  refresh_token?: string;
  expires_in: number;
  id_token: string;
}

const held = (parts: Partial<Held>) => ({ expires_in: 600, id_token: "old", profile: { sub: "u-1" }, ...parts });

/** Who is signed in with what the browser has kept. */
async function signedIn(parts: Partial<Held>): Promise<SignIn> {
  manager.getUser.mockResolvedValue(held(parts));
  const signIn = new SignIn(CONFIG);
  await signIn.begin();
  return signIn;
}

/** A refresh by which Cognito gives a new token. */
async function renewed() {
  const user = held({ refresh_token: "r", id_token: "new" });
  manager.events.addUserLoaded.mock.lastCall![0](user);
  return user;
}

beforeEach(() => {
  vi.resetAllMocks();
  vi.stubGlobal("window", { sessionStorage: {} });
  vi.stubGlobal("location", { search: "" });
});

test("a token that is about to expire is renewed by the refresh token, once for all who ask", async () => {
  const signIn = await signedIn({ refresh_token: "r", expires_in: 30 });
  manager.signinSilent.mockImplementation(renewed);
  expect(await Promise.all([signIn.token(), signIn.token()])).toEqual(["new", "new"]);
  expect(manager.signinSilent).toHaveBeenCalledOnce();
  expect(signIn.now()).toEqual({ status: "in", name: "u-1" });
});

test("the one that still holds is used where nobody answers; one that does not raises", async () => {
  manager.signinSilent.mockRejectedValue(new TypeError("Failed to fetch"));
  expect(await (await signedIn({ refresh_token: "r", expires_in: 30 })).token()).toBe("old");
  await expect((await signedIn({ refresh_token: "r", expires_in: 0 })).token()).rejects.toThrow("Failed to fetch");
});

test("a refresh token that is refused tells that the sign-in has expired", async () => {
  const signIn = await signedIn({ refresh_token: "r", expires_in: 0 });
  manager.signinSilent.mockRejectedValue(new ErrorResponse("invalid_grant"));
  expect(await signIn.token()).toBeNull();
  expect(signIn.now().status).toBe("expired");
});

test("without a refresh token it has expired: nothing is tried in a frame, and nothing behind our back", async () => {
  const signIn = await signedIn({ expires_in: 0 });
  expect(await signIn.token()).toBeNull();
  expect(signIn.now().status).toBe("expired");
  expect(manager.signinSilent).not.toHaveBeenCalled();
  expect(manager.settings).toMatchObject({ automaticSilentRenew: false });
});
