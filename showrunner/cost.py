"""What a session costs on AWS, roughly: an estimate from list prices, never a bill.

Dollars an hour in us-east-1, from pages that bear no date. `checked` is False where not even a page could be read.
"""

from dataclasses import dataclass

from showrunner.profiles import PROFILES


@dataclass(frozen=True)
class Rate:
    dollars: float
    source: str
    checked: bool


_EXAMPLE = "AWS's cost example for live streaming with S3, standard class (an upper bound for a single pipeline)"
RATES = {
    "medialive input": Rate(0.294, _EXAMPLE, True),
    "medialive output HD": Rate(0.702, _EXAMPLE, True),
    "medialive output SD": Rate(0.354, _EXAMPLE, True),
    "ivs input BASIC": Rate(0.20, "commonly quoted", False),
    "ivs input STANDARD": Rate(2.00, "commonly quoted", False),
    "s3 gigabyte-month": Rate(0.023, "S3 pricing", True),
}
MINIMUM_SECONDS = 600  # MediaLive bills a running resource for ten minutes at least


@dataclass(frozen=True)
class Estimate:
    """`hours` are those billed for MediaLive, `dollars` is rounded up to cents."""

    hours: float
    dollars: float

    @property
    def text(self) -> str:
        minutes = self.hours * 60
        return f"About {self.dollars:.2f} dollars on AWS for {minutes:.0f} minutes (an estimate from list prices)"


def estimate(profile_name: str, inputs: int, running_seconds: float) -> Estimate:
    """A session whose channel ran for `running_seconds`, viewers not counted.

    `inputs` are all that are attached, the slate among them: MediaLive bills each while the channel runs.
    """
    if running_seconds <= 0:
        return Estimate(0.0, 0.0)
    profile = PROFILES[profile_name]
    hours = max(running_seconds, MINIMUM_SECONDS) / 3600
    hourly = inputs * RATES["medialive input"].dollars
    hourly += 2 * RATES[f"medialive output {profile.resolution_class}"].dollars
    live = running_seconds / 3600 * RATES[f"ivs input {profile.ivs_type}"].dollars
    stored = running_seconds * (profile.video_bitrate + profile.audio_bitrate) / 8e9
    dollars = hours * hourly + live + stored * RATES["s3 gigabyte-month"].dollars
    return Estimate(hours, round(dollars + 0.005, 2))
