import { environmentManager, onlineManager, QueryObserver, type QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Refused } from "../api/answers";
import { newClient } from "./asking";
import { askAgain, ofSession, ofState, type Session } from "./session";

const NOW = Date.UTC(2026, 10, 27, 20);

let client: QueryClient;
let leave: () => void;

const session = (version: number, state: Session["state"]) => ({ id: "s-1", version, state }) as Session;

/** Looks at what is asked; each answer is asked for with the one before. */
function look(queryKey: string[], ...answers: unknown[]) {
  const ask = vi.fn(async () => {
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer === "never" ? new Promise(() => undefined) : answer;
  });
  const observer = new QueryObserver(client, { ...client.defaultQueryOptions({ queryKey, queryFn: ask }) });
  leave = observer.subscribe(() => undefined);
  return { ask, seen: () => observer.getCurrentResult() };
}

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  environmentManager.setIsServer(() => false); // as which Node counts: there nothing is asked again
  client = newClient();
  client.mount();
});

afterEach(() => {
  leave();
  client.unmount();
  onlineManager.setOnline(true);
  vi.useRealTimers();
});

test("a failure is told at once, and it is asked again until there is an answer", async () => {
  const { ask, seen } = look(["a"], new TypeError("Failed to fetch"), new Refused("Wait.", 429, null), "told");
  await vi.advanceTimersByTimeAsync(0);
  expect([ask.mock.calls.length, seen().error]).toEqual([1, expect.any(TypeError)]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect([ask.mock.calls.length, seen().data, seen().error]).toEqual([3, "told", null]);
});

test("what is not there is not asked for again", async () => {
  const { ask } = look(["a"], new Refused("No such session.", 404, null));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(ask).toHaveBeenCalledOnce();
});

test("it is asked also where the browser believes that there is no network", async () => {
  onlineManager.setOnline(false);
  const { seen } = look(["a"], new TypeError("Failed to fetch"));
  await vi.advanceTimersByTimeAsync(0);
  expect(seen().error).toBeInstanceOf(TypeError);
});

test("what is asked of a session is asked again when it has changed, and stays meanwhile, and if that fails", async () => {
  const { ask, seen } = look(ofSession("s-1", "tracklist"), "one track", new TypeError("Failed to fetch"));
  await vi.advanceTimersByTimeAsync(0);
  askAgain(client, session(1, "live"), session(1, "live"));
  await vi.advanceTimersByTimeAsync(0);
  expect(ask).toHaveBeenCalledTimes(1);
  askAgain(client, session(1, "live"), session(2, "live"));
  await vi.advanceTimersByTimeAsync(0);
  expect(ask).toHaveBeenCalledTimes(2);
  expect([seen().data, seen().error]).toEqual(["one track", expect.any(TypeError)]);
});

test("cost is told as of when it was told, while it is asked for again as the state has changed", async () => {
  const { ask, seen } = look(ofState("s-1", "cost"), 3, "never");
  await vi.advanceTimersByTimeAsync(20_000);
  askAgain(client, session(1, "live"), session(2, "live"));
  askAgain(client, session(2, "live"), session(3, "stopping"));
  await vi.advanceTimersByTimeAsync(2000);
  expect(ask).toHaveBeenCalledTimes(2);
  expect([seen().data, seen().dataUpdatedAt]).toEqual([3, NOW]);
});
