import { expect, test } from "vitest";
import profiles from "../../../showrunner/profiles.py?raw";
import { obsSettings, portOf } from "./obs";
import { PICTURE } from "./placing";

const ROW = /Profile\("(\w+)", (\d+), (\d+), (\d+), ([\d_]+), ([\d_]+),/g;
const known = [...profiles.matchAll(ROW)].map(([, name, ...numbers]) => {
  const [width, height, fps, video, audio] = numbers.map((each) => Number(each.replaceAll("_", "")));
  return { name: name as keyof typeof PICTURE, width, height, fps, video: video! / 1000, audio: audio! / 1000 };
});

test("what is told of a profile is what the channel is made with", () => {
  expect(known.map((each) => each.name)).toEqual(Object.keys(PICTURE));
  for (const { name, width, height, fps, video, audio } of known) {
    const values = Object.fromEntries(obsSettings(name).flatMap(([, rows]) => rows));
    expect(PICTURE[name]).toEqual({ width, height });
    expect(values["Output (Scaled) Resolution"]).toBe(`${width}x${height}`);
    expect(values["Common FPS Values"]).toBe(String(fps));
    expect(values["Audio Bitrate"]).toBe(String(audio));
    expect(values["Bitrate"]).toBe(`${video * 1.5} Kbps`);
    expect(video * 1.5).toBeLessThan(10_000); // the channel's input is specified as MAX_10_MBPS
  }
});

test("the port is the server's, or RTMP's own", () => {
  expect(portOf("rtmp://198.51.100.7:1940/show")).toBe("1940");
  expect(portOf("rtmp://198.51.100.7/show:1")).toBe("1935");
});
