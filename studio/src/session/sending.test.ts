import { expect, test } from "vitest";
import type { components } from "../api/schema";
import { checked, isOver, progressOf, uploadText, type Upload } from "./sending";

type Media = components["schemas"]["MediaView"];

const name = "opening.mp4";
const media = (state: Media["state"], message = "") => ({ id: "m-1", state, message }) as Media;

test("it is sent with progress", () => {
  const upload: Upload = { step: "sending", name, sent: 30, size: 120 };
  expect(progressOf(upload)).toBe(0.25);
  expect(uploadText(upload)).toBe("25 % sent");
  expect(isOver(upload)).toBe(false);
});

test("it is looked at until it is ready", () => {
  const sent: Upload = { step: "checking", name, media: "m-1" };
  expect(checked(sent, media("waiting"))).toEqual(sent);
  expect(checked(sent, media("checking"))).toEqual(sent);
  expect(checked(sent, media("ready"))).toEqual({ step: "ready", name, media: "m-1" });
  expect(isOver(checked(sent, media("ready")))).toBe(true);
});

test("what is refused says why", () => {
  const refused = checked({ step: "checking", name, media: "m-1" }, media("refused", "It has no sound."));
  expect(isOver(refused)).toBe(true);
  expect(uploadText(refused)).toBe("It has no sound.");
});

test("an empty file does not divide by nothing", () => {
  const upload: Upload = { step: "sending", name, sent: 0, size: 0 };
  expect(progressOf(upload)).toBeNull();
  expect(uploadText(upload)).toBe("0 % sent");
});
