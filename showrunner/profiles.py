"""The picture and sound formats a session can have: one table.

Bitrates are bits per second. `ivs_type` is the smallest IVS channel type that accepts the profile, audio
included: BASIC takes 1.5 Mbit/s at 480p and 3.5 Mbit/s at 720p and 1080p, STANDARD 8.5 Mbit/s
(docs.aws.amazon.com/ivs, streaming configuration).
"""

from typing import Literal

from msgspec import Struct

ProfileName = Literal["360p30", "480p30", "720p30", "1080p30"]


class Profile(Struct, frozen=True):
    name: str
    width: int
    height: int
    fps: int
    video_bitrate: int
    audio_bitrate: int
    resolution_class: Literal["SD", "HD"]
    ivs_type: Literal["BASIC", "STANDARD"]

    @property
    def viewers_class(self) -> str:
        """By what IVS bills a viewer's hour: SD up to 480 lines, HD up to 720, then Full HD (its pricing page)."""
        return "SD" if self.height <= 480 else "HD" if self.height <= 720 else "Full HD"


PROFILES = {
    p.name: p
    for p in (
        Profile("360p30", 640, 360, 30, 1_000_000, 128_000, "SD", "BASIC"),
        Profile("480p30", 854, 480, 30, 1_200_000, 128_000, "SD", "BASIC"),
        Profile("720p30", 1280, 720, 30, 3_000_000, 160_000, "HD", "BASIC"),
        Profile("1080p30", 1920, 1080, 30, 5_000_000, 160_000, "HD", "STANDARD"),
    )
}
DEFAULT_PROFILE: ProfileName = "720p30"
