/** The API as docs/openapi.json has it, with who asks. */

import createClient from "openapi-fetch";
import type { paths } from "./schema";
import type { SignIn } from "../signin/signin";

const LOOK_FOR = 8_000; // ms; then the next look is due
const ACT_FOR = 35_000; // longer than API Gateway lets a function take

export const api = createClient<paths>({ baseUrl: "/api", fetch: patiently });

/** As fetch, but no connection that hangs keeps a button or a poll waiting for ever. */
function patiently(request: Request): Promise<Response> {
  const limit = AbortSignal.timeout(request.method === "GET" ? LOOK_FOR : ACT_FOR);
  return fetch(request, { signal: AbortSignal.any([request.signal, limit]) });
}

/** From here on requests go to `url`, with the ID token of who is signed in. */
export function connect(url: string, signIn: SignIn): void {
  const base = url.replace(/\/$/, "");
  api.use({
    async onRequest({ request }) {
      const token = await signIn.token();
      const asked = base === "/api" ? request : new Request(request.url.replace("/api", base), request);
      if (token) asked.headers.set("Authorization", `Bearer ${token}`);
      return asked;
    },
    async onResponse({ response }) {
      if (response.status === 401) await signIn.renew().catch(() => false);
      return undefined;
    },
  });
}
