/** What an answer says, or why there is none. */

import { plain } from "../words";

/** What the API refused, and of which field if it says so; `requestId` finds it in the logs. */
export class Refused extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly requestId: string | null,
    readonly field: string | null = null,
  ) {
    super(message);
  }
}

export interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The data of an answer. Raises Refused, and what `fetch` raises where nobody answers. */
export async function data<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (data !== undefined) return data;
  const id = response.headers.get("x-amzn-requestid") ?? response.headers.get("x-amz-apigw-id");
  const { message, details } = (error ?? {}) as { message?: unknown; details?: { field?: unknown } };
  const field = typeof details?.field === "string" ? details.field : null;
  throw new Refused(worded(message, response.status), response.status, id, field);
}

/** Whether nobody answered. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof DOMException && error.name === "TimeoutError");
}

/** Whether it is not known if a call had its effect: nobody answered, or something broke on the way. */
export function isUnsure(error: unknown): boolean {
  return isUnanswered(error) || (error instanceof Refused && error.status >= 500);
}

/** Whether there is nothing of that name, or not any more. */
export const isGone = (error: unknown) => error instanceof Refused && error.status === 404;

/** Why there is no answer. `next`: what comes then, where nobody answered. */
export function explain(error: unknown, next = "it is asked again"): string {
  if (error instanceof Refused) return `${error.message}${request(error)}`;
  if (isUnanswered(error)) return `The API does not answer. Check the network; ${next}.`;
  return error instanceof Error ? error.message : String(error);
}

/** Why what was pressed was not done, or that nobody knows. */
export function explainAct(error: unknown): string {
  if (!isUnsure(error)) return explain(error);
  const said = error instanceof Refused ? error.message.replace(/ *Try again[.]$/, "") : "The API does not answer.";
  return `${said} It is not known whether it was done: look, and press again if it was not.${request(error)}`;
}

const request = (error: unknown) =>
  error instanceof Refused && error.requestId ? ` (request ${error.requestId})` : "";

function worded(said: unknown, status: number): string {
  if (status === 401) return "Your sign-in has expired. Sign in again.";
  return typeof said === "string" ? plain(said) : `The API answered with status ${status}. Try again.`;
}
