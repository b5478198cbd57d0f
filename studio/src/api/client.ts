/** The API as docs/openapi.json has it, with who asks. */

import createClient from "openapi-fetch";
import type { paths } from "./schema";
import type { SignIn } from "../signin/signin";

export const api = createClient<paths>({ baseUrl: "/api" });

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
      if (response.status === 401) await signIn.renew();
      return undefined;
    },
  });
}
