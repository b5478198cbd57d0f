import { expect, test } from "vitest";
import { data, explain, explainAct, isUnsure, Refused } from "./answers";

const NOBODY = new TypeError("Failed to fetch");

const answered = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  data(Promise.resolve({ error: body, response: new Response(null, { status, headers }) })).catch((error) => error);

test("a refusal is told in the API's words, with the id that finds it in the logs", async () => {
  const by = { error: "Conflict", message: "The show is over.", details: {} };
  expect(explain(await answered(409, by, { "x-amzn-requestid": "r-1" }))).toBe("The show is over. (request r-1)");
  expect(explainAct(await answered(409, by, { "x-amz-apigw-id": "g-1" }))).toBe("The show is over. (request g-1)");
  expect(explain(await answered(409, by))).toBe("The show is over.");
});

test("what is no answer of the API is told by its status", async () => {
  expect(explain(await answered(403, undefined))).toBe("The API answered with status 403. Try again.");
});

test("whether it was done is not known where nobody answered, or something broke", async () => {
  const broke = await answered(
    502,
    { message: "Something broke on our side. Try again." },
    { "x-amzn-requestid": "r-2" },
  );
  expect(explainAct(broke)).toBe(
    "Something broke on our side. It is not known whether it was done: look, and press again if it was not. (request r-2)",
  );
  expect(explainAct(NOBODY)).toMatch(/^The API does not answer[.] It is not known whether it was done/);
  expect(explainAct(new Refused("Wait.", 429, null))).toBe("Wait.");
  expect([broke, NOBODY, new DOMException("", "TimeoutError"), new Refused("Wait.", 429, null)].map(isUnsure)).toEqual([
    true,
    true,
    true,
    false,
  ]);
});

test("who looks is told that it is asked again, and who sends what to do", () => {
  expect(explain(NOBODY)).toBe("The API does not answer. Check the network; it is asked again.");
  expect(explain(NOBODY, "then send it again")).toBe("The API does not answer. Check the network; then send it again.");
});
