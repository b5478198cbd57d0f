import { expect, test } from "vitest";
import document from "../../../docs/openapi.json";
import { decibels, EFFECTS } from "./effects";

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
