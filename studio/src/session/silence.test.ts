import { expect, test } from "vitest";
import { FLOOR, hear, lit, NOTHING_HEARD, peakOf, silentFor, type Heard } from "./silence";

const listen = (levels: [time: number, level: number][]): Heard =>
  levels.reduce((before, [time, level]) => hear(before, level, time), NOTHING_HEARD);

test("the peak is of either sign, in dB of full scale", () => {
  expect(peakOf(new Float32Array([0, 0.1, -0.5]))).toBeCloseTo(-6.02, 2);
  expect(peakOf(new Float32Array([1.5]))).toBe(0);
  expect(peakOf(new Float32Array(8))).toBe(FLOOR);
});

test("10 seconds without sound are an alarm, which counts from when it went quiet", () => {
  const heard = listen([
    [0, -20],
    [1000, FLOOR],
    [5000, -55],
  ]);
  expect(silentFor(heard, 10_900, "host")).toBeNull();
  expect(silentFor(heard, 13_500, "host")).toBe(12);
});

test("a sound ends it", () => {
  const heard = listen([
    [0, FLOOR],
    [11_000, -30],
    [12_000, FLOOR],
  ]);
  expect(silentFor(heard, 20_000, "host")).toBeNull();
});

test("the slate is silent, and nobody's fault", () => {
  expect(silentFor(listen([[0, FLOOR]]), 60_000, "slate")).toBeNull();
});

test("nothing is said of what was never heard", () => {
  expect(silentFor(NOTHING_HEARD, 60_000, "host")).toBeNull();
});

test("a meter is lit from nothing to all", () => {
  expect([-90, FLOOR, -30, 0, 3].map(lit)).toEqual([0, 0, 0.5, 1, 1]);
});
