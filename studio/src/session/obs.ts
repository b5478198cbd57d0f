/** What to set in OBS, so that a source looks as good as the session's picture can. */

import type { components } from "../api/schema";
import { PICTURE } from "./placing";

type Profile = components["schemas"]["SessionNow"]["profile"];

const MORE = 1.5; // than viewers get: MediaLive encodes the picture again, and what comes in is to be better than that
const VIDEO: Record<Profile, number> = { "360p30": 1000, "480p30": 1200, "720p30": 3000, "1080p30": 5000 }; // kbit/s
const AUDIO: Record<Profile, number> = { "360p30": 128, "480p30": 128, "720p30": 160, "1080p30": 160 };
const FPS = 30;
export const RTMP_PORT = "1935";

/** By the places of OBS's settings: what is written there, and what to choose. */
export function obsSettings(profile: Profile): [place: string, values: [name: string, value: string][]][] {
  const { width, height } = PICTURE[profile];
  return [
    [
      "Settings, Stream",
      [
        ["Service", "Custom…"],
        ["Server and Stream Key", "those of the source, from above"],
        ["Use authentication", "off"],
      ],
    ],
    [
      "Settings, Output, Output Mode: Advanced, Streaming",
      [
        ["Audio Encoder", "AAC"],
        ["Video Encoder", "x264, or another one of H.264; HEVC and AV1 are not understood"],
        ["Rate Control", "CBR"],
        ["Bitrate", `${VIDEO[profile] * MORE} Kbps`],
        ["Keyframe Interval", "2 s"],
        ["Profile", "main"],
      ],
    ],
    ["Settings, Output, Audio, Track 1", [["Audio Bitrate", String(AUDIO[profile])]]],
    [
      "Settings, Audio",
      [
        ["Sample Rate", "48 kHz"],
        ["Channels", "Stereo"],
      ],
    ],
    [
      "Settings, Video",
      [
        ["Output (Scaled) Resolution", `${width}x${height}`],
        ["Common FPS Values", String(FPS)],
      ],
    ],
  ];
}

/** The port that a firewall has to let out to. */
export function portOf(server: string): string {
  return /^rtmps?:\/\/[^/]*:(\d+)/.exec(server)?.[1] ?? RTMP_PORT;
}
