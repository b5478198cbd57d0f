import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Refused } from "../api/answers";
import { Once, type Header } from "./once";

const LOST = new TypeError("Failed to fetch");
const BROKE = new Refused("Something broke on our side. Try again.", 504, "r-1");
const REFUSED = new Refused("The show is over.", 409, "r-2");

let once: Once;
let keys: string[];

/** Presses, and waits for what comes of it. `answers`: of one try after the other. */
async function press(what: string | undefined, ...answers: unknown[]): Promise<unknown> {
  const call = async (header: Header) => {
    keys.push(header["Idempotency-Key"]);
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const done = once.act(call, what).catch((error: unknown) => error);
  await vi.runAllTimersAsync();
  return done;
}

const different = () => new Set(keys).size;

beforeEach(() => {
  vi.useFakeTimers();
  once = new Once();
  keys = [];
});

afterEach(() => {
  vi.useRealTimers();
});

test.each([LOST, BROKE])("an answer that was lost is asked for again under the same key: %s", async (lost) => {
  expect(await press("30 minutes", lost, lost, "done")).toBe("done");
  expect([keys.length, different()]).toEqual([3, 1]);
});

test.each([LOST, BROKE])("pressed again after that, it is still the same wish: %s", async (lost) => {
  expect(await press("30 minutes", lost, lost, lost)).toBe(lost);
  expect(await press("30 minutes", "done")).toBe("done");
  expect([keys.length, different()]).toEqual([4, 1]);
  expect(await press("30 minutes", "done")).toBe("done");
  expect(different()).toBe(2);
});

test("another wish, one that comes much later, and one that may be done twice have keys of their own", async () => {
  await press("30 minutes", LOST, LOST, LOST);
  await press("next", "done");
  await press("30 minutes", LOST, LOST, LOST);
  expect(different()).toBe(3);
  await vi.advanceTimersByTimeAsync(61_000);
  await press("30 minutes", LOST, LOST, LOST);
  expect(different()).toBe(4);
  await press(undefined, LOST, LOST, LOST);
  await press(undefined, "done");
  expect(different()).toBe(6);
});

test("what was refused was not done: it is not tried again, and is another wish", async () => {
  expect(await press("30 minutes", REFUSED)).toBe(REFUSED);
  await press("30 minutes", "done");
  expect([keys.length, different()]).toEqual([2, 2]);
});

test("while one is on its way no other is begun", async () => {
  const first = once.act(() => new Promise((done) => setTimeout(() => done("first"), 5000)));
  expect(await once.act(async () => "second")).toBeNull();
  await vi.advanceTimersByTimeAsync(5000);
  expect(await first).toBe("first");
});
