import { expect, test } from "vitest";
import document from "../../../docs/openapi.json";
import { decibels, EFFECTS, why, type Wanted } from "./effects";

test("every effect that the API knows has words", () => {
  const { SourceLevel, ProgrammeLevel } = document.components.schemas;
  const known = new Set([...SourceLevel.properties.effect.enum, ...ProgrammeLevel.properties.effect.enum]);
  expect(new Set(Object.keys(EFFECTS))).toEqual(known);
});

test("only what is in effect is said to be so", () => {
  expect(Object.entries(EFFECTS).filter(([, effect]) => effect.isNow)).toEqual([
    ["in_effect", { text: "in effect", isNow: true }],
  ]);
});

test.each([
  [-60, "silent"],
  [-6, "−6 dB"],
  [0, "0 dB"],
  [6, "+6 dB"],
])("%s is '%s'", (gain, text) => {
  expect(decibels(gain)).toBe(text);
});

const level = (effect: Wanted["effect"], more = {}) => ({ gain_db: -6, mute: false, source: "host", effect, ...more });

test("why a level is so is told by what it is of", () => {
  expect(why(level("at_sender") as Wanted, false, null)).toContain("set it to −6 dB where it is sent from");
  expect(why(level("at_sender", { mute: true }) as Wanted, false, null)).toContain("mute it where it is sent from");
  expect(why(level("overridden_by_loudness") as Wanted, false, -16)).toContain("to -16 LKFS");
  const [files, pushed] = [true, false].map((playsFiles) => why(level("in_effect") as Wanted, playsFiles, null));
  expect([files, pushed]).toEqual(["Tracks play as it is set here.", "It is on air as it is sent."]);
});
