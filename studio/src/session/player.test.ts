import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Player, type PlayerState } from "./player";

const NOW = Date.UTC(2026, 10, 27, 20);

const { made, FakeHls } = vi.hoisted(() => {
  const made: FakeHls[] = [];
  class FakeHls {
    static isSupported = vi.fn();
    playingDate: Date | null = null;
    liveSyncPosition = 100;
    isDestroyed = false;
    breaks: (name: string, error: { fatal: boolean }) => void = () => undefined;
    constructor() {
      made.push(this);
    }
    on(_: string, listener: typeof this.breaks) {
      this.breaks = listener;
    }
    loadSource() {}
    attachMedia() {}
    destroy() {
      this.isDestroyed = true;
    }
  }
  return { made, FakeHls };
});

vi.mock("hls.js/light", () => ({ default: FakeHls, Events: { ERROR: "error" } }));

let video: { currentTime: number; readyState: number; src: string; canPlayType: () => string };
let states: PlayerState[];
let player: Player;

/** Seconds in which the picture moves on, or stands still. */
async function pass(seconds: number, moves: boolean) {
  for (let second = 0; second < seconds; second += 1) {
    if (moves) video.currentTime += 1;
    await vi.advanceTimersByTimeAsync(1000);
  }
}

const breaks = (player: number, fatal: boolean) => made[player]!.breaks("error", { fatal });

async function start(load?: ConstructorParameters<typeof Player>[3], canPlay = "maybe") {
  const does = { play: async () => undefined, load: () => undefined, removeAttribute: () => undefined };
  video = { currentTime: 0, readyState: 4, src: "", canPlayType: () => canPlay };
  const element = Object.assign(video, does, { HAVE_CURRENT_DATA: 2 }) as unknown as HTMLVideoElement;
  player = new Player(element, "https://ivs/a.m3u8", (state) => states.push(state), load);
  player.start();
  await vi.dynamicImportSettled();
  await vi.advanceTimersByTimeAsync(0);
}

beforeEach(async () => {
  vi.useFakeTimers({ now: NOW });
  FakeHls.isSupported.mockReturnValue(true);
  made.length = 0;
  states = [];
  await start();
});

afterEach(() => {
  player.stop();
  vi.useRealTimers();
});

test("it plays once the picture moves, and says when the picture was made", async () => {
  made[0]!.playingDate = new Date(NOW);
  await pass(3, true);
  expect([states.at(0), states.at(-1)]).toEqual(["connecting", "playing"]);
  expect(player.shownAt()).toEqual(new Date(NOW));
});

test("after a fatal error it connects again, at longer and longer intervals; others hls.js mends", async () => {
  await pass(3, true);
  breaks(0, false);
  expect(made).toHaveLength(1);
  breaks(0, true);
  expect([made[0]!.isDestroyed, states.at(-1)]).toEqual([true, "connecting"]);
  await pass(1, false);
  expect(made).toHaveLength(2);
  breaks(1, true);
  await pass(1, false);
  expect(made).toHaveLength(2);
  await pass(1, false);
  expect(made).toHaveLength(3);
});

test("a picture that stands still is connected to anew", async () => {
  await pass(3, true);
  await pass(10, false);
  expect(made).toHaveLength(2);
  expect(made[0]!.isDestroyed).toBe(true);
});

test("where it has fallen far behind it jumps to the newest picture", async () => {
  await pass(2, true);
  made[0]!.playingDate = new Date(NOW - 60_000);
  await pass(1, true);
  expect(video.currentTime).toBe(100);
});

test("what is stopped stays so", async () => {
  player.stop();
  await pass(20, false);
  expect(made).toHaveLength(1);
  expect(made[0]!.isDestroyed).toBe(true);
});

test("what plays it is loaded again if that has failed, and then connected to once", async () => {
  player.stop();
  made.length = 0;
  const hls = await import("hls.js/light");
  const load = vi.fn().mockRejectedValueOnce(new TypeError("Failed to fetch")).mockResolvedValue(hls);
  await start(load);
  expect([made.length, states.at(-1)]).toEqual([0, "connecting"]);
  await pass(1, false);
  await pass(3, true);
  expect([load.mock.calls.length, made.length, states.at(-1)]).toEqual([2, 1, "playing"]);
});

test("a picture that stands still is connected to anew where the browser itself plays it, too", async () => {
  player.stop();
  FakeHls.isSupported.mockReturnValue(false);
  await start();
  expect(video.src).toBe("https://ivs/a.m3u8");
  await pass(3, true);
  video.src = "";
  await pass(10, false);
  expect(video.src).toBe("https://ivs/a.m3u8");
});

test("a browser that can't play it is not asked again", async () => {
  player.stop();
  FakeHls.isSupported.mockReturnValue(false);
  const load = vi.fn(() => import("hls.js/light"));
  await start(load, "");
  await pass(30, false);
  expect([load.mock.calls.length, states.at(-1)]).toEqual([1, "unsupported"]);
});

test("a connection has its time to show a picture, however long it was waited for", async () => {
  await pass(3, true);
  for (const [each, wait] of [1, 2, 4, 8].entries()) {
    breaks(each, true);
    await pass(wait, false);
  }
  expect(made).toHaveLength(5);
  await pass(6, false);
  expect(made[4]!.isDestroyed).toBe(false);
});
