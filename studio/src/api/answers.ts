/** What an answer says, or why there is none. */

/** What the API refused, in its own words; `requestId` finds it in the logs. */
export class Refused extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly requestId: string | null,
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
  throw new Refused(worded(error, response.status), response.status, id);
}

/** Whether nobody answered: then it is not known whether the call had its effect. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof DOMException && error.name === "TimeoutError");
}

export function explain(error: unknown): string {
  if (error instanceof Refused)
    return error.requestId ? `${error.message} (request ${error.requestId})` : error.message;
  if (isUnanswered(error)) return "The API does not answer. Check the network; what was asked for is tried again.";
  return error instanceof Error ? error.message : String(error);
}

function worded(error: unknown, status: number): string {
  const said = (error as { message?: unknown } | undefined)?.message;
  if (status === 401) return "Your sign-in has expired. Sign in again.";
  return typeof said === "string" ? said : `The API answered with status ${status}. Try again.`;
}
