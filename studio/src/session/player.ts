/** Plays a channel's live HLS in a video element, and comes back by itself whatever happens to stream or network. */

import { backoff, isLate, lagOf } from "./lag";
import type HlsPlayer from "hls.js";

/** `connecting`: no picture yet, or again. */
export type PlayerState = "connecting" | "playing" | "unsupported";

const LOOK = 1000;
const STALLED = 8; // looks without a new picture after which it connects anew

const load = () => import("hls.js/light");
const NATIVE = "application/vnd.apple.mpegurl";

export class Player {
  private hls: HlsPlayer | null = null;
  private tries = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private looks: ReturnType<typeof setInterval> | undefined;
  private lastTime = -1;
  private stalledLooks = 0;
  private isConnected = false;
  private isStopped = false;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly url: string,
    private readonly tell: (state: PlayerState) => void,
    private readonly loadHls = load,
  ) {}

  start(): void {
    this.looks = setInterval(() => this.look(), LOOK);
    this.connect();
  }

  stop(): void {
    this.isStopped = true;
    clearInterval(this.looks);
    this.disconnect();
    this.video.removeAttribute("src");
    this.video.load();
  }

  /** When the encoder made the picture on the screen, by PROGRAM-DATE-TIME. */
  shownAt(): Date | null {
    if (this.video.readyState < this.video.HAVE_CURRENT_DATA) return null;
    if (this.hls) return this.hls.playingDate;
    const start = (this.video as { getStartDate?: () => Date }).getStartDate?.();
    return start ? new Date(start.getTime() + this.video.currentTime * 1000) : null;
  }

  private connect(): void {
    this.tell("connecting");
    this.loadHls().then(
      (hls) => this.attach(hls),
      () => this.again(), // the network is away
    );
  }

  private attach({ default: Hls, Events }: Awaited<ReturnType<typeof load>>): void {
    if (this.isStopped) return;
    if (!Hls.isSupported()) {
      if (!this.video.canPlayType(NATIVE)) {
        clearInterval(this.looks);
        this.tell("unsupported");
        return;
      }
      this.video.onerror = () => this.again();
      this.video.src = this.url;
    } else {
      const hls = new Hls({ liveSyncDurationCount: 2, liveDurationInfinity: true, backBufferLength: 10 });
      hls.on(Events.ERROR, (_, error) => error.fatal && this.again());
      hls.loadSource(this.url);
      hls.attachMedia(this.video);
      this.hls = hls;
    }
    this.isConnected = true;
    this.play();
  }

  private disconnect(): void {
    this.isConnected = false;
    clearTimeout(this.retry);
    this.video.onerror = null;
    this.hls?.destroy();
    this.hls = null;
  }

  private again(): void {
    if (this.isStopped) return;
    this.disconnect();
    this.tell("connecting");
    this.lastTime = -1;
    this.stalledLooks = 0;
    this.retry = setTimeout(() => this.connect(), backoff(this.tries));
    this.tries += 1;
  }

  private look(): void {
    if (!this.isConnected) return;
    const { currentTime } = this.video;
    if (currentTime !== this.lastTime) {
      if (this.lastTime >= 0 && this.video.readyState >= this.video.HAVE_CURRENT_DATA) this.plays();
      this.lastTime = currentTime;
      this.stalledLooks = 0;
      return;
    }
    this.stalledLooks += 1;
    if (this.stalledLooks >= STALLED) this.again();
    else this.play();
  }

  private plays(): void {
    this.tries = 0;
    this.tell("playing");
    const newest = this.hls?.liveSyncPosition;
    if (newest && isLate(lagOf(this.shownAt(), Date.now()))) this.video.currentTime = newest;
  }

  private play(): void {
    this.video.play().catch(() => undefined); // refused until a gesture, or overtaken: the next look asks again
  }
}
