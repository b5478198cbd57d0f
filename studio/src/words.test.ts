import { expect, test } from "vitest";
import { plain } from "./words";

test.each([
  ["There is no session 'friday'. Create it with POST /sessions.", "There is no session 'friday'."],
  ["You have no file 'm-1'. GET /media lists yours.", "You have no file 'm-1'."],
  ["No track of session 'a' is on air. Begin with .../tracklist/play.", "No track of session 'a' is on air."],
  ["Ended. Start it again with POST /sessions/friday/streaming/start.", "Ended."],
  ["3 of your sessions run, e.g. 'a-1'. Stop one first.", "3 of your sessions run, e.g. 'a-1'. Stop one first."],
  ["GET .../tracklist tells.", "GET .../tracklist tells."],
])("of '%s' the page says '%s'", (text, said) => {
  expect(plain(text)).toBe(said);
});
