import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Refused } from "../api/answers";
import { Uploads, uploadsFor } from "./uploads";

const { GET, POST } = vi.hoisted(() => ({ GET: vi.fn(), POST: vi.fn() }));
vi.mock("../api/client", () => ({ api: { GET, POST } }));

const FILE = new File(["a film"], "intro.mp4");
const BROKEN = new TypeError("Failed to fetch");

const told = (data: unknown) => Promise.resolve({ data, response: new Response() });
const media = (state: string) => told({ id: "m-1", state, message: "It has no sound." });

/** S3: takes the file when it is told to. */
class Request {
  static open: Request[] = [];
  status = 204;
  responseText = "";
  upload: { onprogress?: (event: { loaded: number }) => void } = {};
  onload = () => undefined;
  onerror = () => undefined;
  open() {}
  getResponseHeader = () => null;
  send() {
    Request.open.push(this);
  }
}

let asksBefore: Set<unknown>; // leaving the page

beforeEach(() => {
  vi.useFakeTimers();
  Request.open = [];
  asksBefore = new Set();
  vi.stubGlobal("XMLHttpRequest", Request);
  vi.stubGlobal("addEventListener", (_: string, listener: unknown) => asksBefore.add(listener));
  vi.stubGlobal("removeEventListener", (_: string, listener: unknown) => asksBefore.delete(listener));
  POST.mockReset().mockReturnValue(told({ media: { id: "m-1" }, upload: { url: "https://s3", fields: {} } }));
  GET.mockReset();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function sent(uploads: Uploads): Promise<Request> {
  uploads.send([FILE]);
  await vi.advanceTimersByTimeAsync(5000);
  return Request.open[0]!;
}

const only = (uploads: Uploads) => [...uploads.now().uploads.values()][0];

test("a file that is ready has arrived, until it is where it was sent for", async () => {
  const uploads = new Uploads("track");
  const request = await sent(uploads);
  request.upload.onprogress!({ loaded: 3 });
  expect(only(uploads)).toEqual({ step: "sending", name: "intro.mp4", sent: 3, size: 6 });
  GET.mockReturnValueOnce(media("checking")).mockReturnValueOnce(media("ready"));
  request.onload();
  await vi.advanceTimersByTimeAsync(2000);
  expect(uploads.now().arrived).toEqual(["m-1"]);
  uploads.settle(["m-1"]);
  expect(uploads.now().arrived).toEqual([]);
});

test("while one is on its way, who closes the page is asked", async () => {
  const uploads = new Uploads("track");
  const request = await sent(uploads);
  expect(asksBefore.size).toBe(1);
  GET.mockReturnValue(media("refused"));
  request.onload();
  await vi.advanceTimersByTimeAsync(1000);
  expect(only(uploads)).toEqual({ step: "failed", name: "intro.mp4", reason: "It has no sound." });
  expect(asksBefore.size).toBe(0);
});

test("an API that is away for a while ends no upload", async () => {
  POST.mockRejectedValueOnce(BROKEN);
  const uploads = new Uploads("track");
  const request = await sent(uploads);
  const keys = POST.mock.calls.map(([, { params }]) => params.header["Idempotency-Key"]);
  expect([keys.length, new Set(keys).size]).toEqual([2, 1]);
  GET.mockRejectedValueOnce(BROKEN)
    .mockRejectedValueOnce(new Refused("Something broke.", 503, null))
    .mockReturnValue(media("ready"));
  request.onload();
  await vi.advanceTimersByTimeAsync(3000);
  expect(uploads.now().arrived).toEqual(["m-1"]);
});

test("they are there when their page is back", () => {
  expect(uploadsFor("tracks of s-1", "track")).toBe(uploadsFor("tracks of s-1", "track"));
  expect(uploadsFor("tracks of s-2", "track")).not.toBe(uploadsFor("tracks of s-1", "track"));
});
