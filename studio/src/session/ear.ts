/** The preview's sound: measured always, heard if wanted.
 *
 * A browser lets no sound out before a person has touched the page, and gives a muted element's to nobody. So the video
 * begins muted, and from the first gesture on goes through Web Audio at a gain of 0. What a call or a locked screen has
 * suspended, the next gesture opens again.
 */

import { peakOf } from "./silence";

const GESTURES = ["pointerdown", "keydown"] as const;

export class Ear {
  private context: AudioContext | null = null;
  private analyser: AnalyserNode | null = null;
  private volume: GainNode | null = null;
  private samples = new Float32Array(0);
  private isLoud = false;

  constructor(private readonly video: HTMLVideoElement) {
    for (const gesture of GESTURES) document.addEventListener(gesture, this.open);
    if (navigator.userActivation?.hasBeenActive) this.open();
  }

  /** Whether there is sound to be measured. */
  get isOpen(): boolean {
    return this.analyser !== null && this.context?.state === "running";
  }

  /** The peak of what was played last, in dB of full scale; null while nothing can be heard. */
  hear(): number | null {
    if (!this.analyser || !this.isOpen) return null;
    this.analyser.getFloatTimeDomainData(this.samples);
    return peakOf(this.samples);
  }

  setLoud(isLoud: boolean): void {
    this.isLoud = isLoud;
    if (this.volume) this.volume.gain.value = isLoud ? 1 : 0;
  }

  close(): void {
    this.forget();
    void this.context?.close();
    this.context = null;
    this.analyser = null;
  }

  private readonly open = (): void => {
    const context = (this.context ??= new AudioContext());
    void context.resume().then(() => {
      if (this.context !== context || this.analyser) return;
      // Not before it runs: an element whose sound nobody takes stands still.
      this.analyser = new AnalyserNode(context, { fftSize: 4096 });
      this.volume = new GainNode(context, { gain: this.isLoud ? 1 : 0 });
      this.samples = new Float32Array(this.analyser.fftSize);
      const source = new MediaElementAudioSourceNode(context, { mediaElement: this.video });
      source.connect(this.analyser).connect(this.volume).connect(context.destination);
      this.video.muted = false;
    });
  };

  private forget(): void {
    for (const gesture of GESTURES) document.removeEventListener(gesture, this.open);
  }
}
