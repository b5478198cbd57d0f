import { expect, test } from "vitest";
import profiles from "../../../docs/openapi.json";
import { PICTURE, placed, PLACES, scaled } from "./placing";

const HD = PICTURE["720p30"];

test("every profile has its picture", () => {
  expect(Object.keys(PICTURE).sort()).toEqual(
    [...profiles.components.schemas.SessionNow.properties.profile.enum].sort(),
  );
});

test("an image keeps its proportions and is never larger than the picture", () => {
  expect(scaled({ width: 200, height: 100 }, HD, 25)).toEqual({ width: 320, height: 160 });
  expect(scaled({ width: 100, height: 400 }, HD, 100)).toEqual({ width: 180, height: 720 });
});

test("it lies in its corner, off the edge, and inside of the picture", () => {
  const image = { width: 320, height: 160 };
  expect(placed("top right", image, HD)).toEqual({ x: 924, y: 36 });
  expect(placed("bottom left", image, HD)).toEqual({ x: 36, y: 524 });
  expect(placed("centre", image, HD)).toEqual({ x: 480, y: 280 });
  for (const place of PLACES) {
    const { x, y } = placed(place, HD, HD);
    expect(x).toBeLessThan(HD.width);
    expect(y).toBeLessThan(HD.height);
  }
});
