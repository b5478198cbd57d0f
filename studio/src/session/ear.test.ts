import { afterEach, expect, test, vi } from "vitest";
import { Ear } from "./ear";
import { FLOOR } from "./silence";

class FakeContext {
  static made: FakeContext[] = [];
  state = "suspended";
  destination = {};
  constructor() {
    FakeContext.made.push(this);
  }
  async resume() {
    this.state = "running";
  }
  async close() {
    this.state = "closed";
  }
}

class FakeNode {
  fftSize = 4;
  gain = { value: 0 };
  connect(to: unknown) {
    return to;
  }
  getFloatTimeDomainData(samples: Float32Array) {
    samples.fill(0);
  }
}

afterEach(() => vi.unstubAllGlobals());

test("the sound is measured from the first gesture on, and again when a call has suspended it", async () => {
  const page = new EventTarget();
  vi.stubGlobal("document", page);
  vi.stubGlobal("navigator", {});
  vi.stubGlobal("AudioContext", FakeContext);
  for (const name of ["AnalyserNode", "GainNode", "MediaElementAudioSourceNode"]) vi.stubGlobal(name, FakeNode);
  const video = { muted: true };
  const ear = new Ear(video as HTMLVideoElement);
  const press = async () => {
    page.dispatchEvent(new Event("pointerdown"));
    await Promise.resolve();
  };
  expect([ear.isOpen, ear.hear()]).toEqual([false, null]);
  await press();
  expect([ear.isOpen, ear.hear(), video.muted]).toEqual([true, FLOOR, false]);

  const [context] = FakeContext.made;
  context!.state = "interrupted";
  expect(ear.hear()).toBeNull();
  await press();
  expect([ear.isOpen, FakeContext.made.length]).toEqual([true, 1]);
  ear.close();
  await press();
  expect([ear.isOpen, context!.state]).toEqual([false, "closed"]);
});
