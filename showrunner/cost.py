"""What a session costs on AWS, roughly: an estimate from list prices, never a bill.

`prices.json` has the prices: dollars of one unit, where they are from and as of when, null where that is not known. One
without a source is commonly quoted, and was not checked; one without dollars is left out of every sum, and named.
"""

import json
from dataclasses import dataclass
from functools import cache
from math import ceil
from pathlib import Path
from typing import Any

from msgspec import Struct

from showrunner import clock
from showrunner.profiles import PROFILES
from showrunner.session import Attempt, Session, moment

MINIMUM_SECONDS = 600  # MediaLive bills a running resource for ten minutes at least, then by the minute
OUTPUTS = 2  # to IVS and to S3; that one encode in two outputs is billed twice is an assumption
TRANSITIONS, LOOK_SECONDS = 25, 300  # of a session and its cleanup at most, and one more for each look while on air
NOT_COUNTED = "Viewers, recordings' films, Lambda, API Gateway, DynamoDB, CloudWatch and CloudFront are not counted."


@dataclass(frozen=True)
class Price:
    unit: str
    dollars: float | None
    as_of: str | None
    source: str | None


@dataclass(frozen=True)
class Life:
    """How long there was what: everything made, of which the channel was running, of which IVS had the stream. Seconds.

    `inputs` are all that are attached, the slate among them: MediaLive bills each while the channel runs.
    """

    profile: str
    inputs: int
    made: float
    running: float
    live: float
    stored: bool = True


@dataclass(frozen=True)
class Line:
    """`dollars` is None where the price is not known, `checked` whether it is from a page of AWS's."""

    item: str
    quantity: float
    unit: str
    dollars: float | None
    checked: bool


class Rate(Struct, frozen=True):
    """What runs since when, and costs how much an hour; `least_seconds` are billed however short it is.

    `dollars_per_hour` is None where the price is not known.
    """

    item: str
    dollars_per_hour: float | None
    since: str
    least_seconds: int = 0


@dataclass(frozen=True)
class Cost:
    """`minutes` are those billed for the running channel."""

    minutes: int
    lines: tuple[Line, ...]

    @property
    def dollars(self) -> float:
        """Up to the next cent."""
        exact = sum(line.dollars for line in self.lines if line.dollars)
        return ceil(round(exact * 100, 6)) / 100

    @property
    def unpriced(self) -> list[str]:
        return [line.item for line in self.lines if line.dollars is None]

    @property
    def text(self) -> str:
        return f"About {self.dollars:.2f} dollars on AWS for {self.minutes} minutes (an estimate from list prices)"


def cost_of(life: Life) -> Cost:
    profile = PROFILES[life.profile]
    minutes = ceil(max(life.running, MINIMUM_SECONDS) / 60) if life.running > 0 else 0
    hours, idle = minutes / 60, max(0.0, life.made - life.running) / 3600
    bytes_stored = life.live * (profile.video_bitrate + profile.audio_bitrate) / 8 if life.stored else 0.0
    quantities = {
        "medialive input": hours * life.inputs,
        f"medialive output {profile.resolution_class}": hours * OUTPUTS,
        "medialive idle channel": idle,
        "medialive idle input": idle * life.inputs,
        f"ivs input {profile.ivs_type}": life.live / 3600,
        "s3 storage": bytes_stored / 1e9,
        "step functions": TRANSITIONS + life.live // LOOK_SECONDS if life.made > 0 else 0.0,
    }
    return Cost(minutes, tuple(_line(item, quantity) for item, quantity in quantities.items() if quantity > 0))


def planned(session: Session, seconds: float) -> Life:
    """A show of a session that is on air for so long, as long as its channel runs."""
    return Life(session.profile, _inputs(session), seconds, seconds, seconds, session.record != "off")


def lived(session: Session, attempt: Attempt) -> Life:
    """What an attempt has had until now, or until its end."""
    end = moment(attempt.ended_at) if attempt.ended_at else clock.now()

    def since(text: str | None) -> float:
        return max(0.0, (end - moment(text)).total_seconds()) if text else 0.0

    made, running, live = (since(each) for each in (attempt.created_at, attempt.running_at, attempt.live_at))
    return Life(session.profile, _inputs(session), made, running, live, session.record != "off")


def rates(session: Session, attempt: Attempt) -> list[Rate]:
    """Of all that an attempt has and that costs money by the hour, as `cost_of` counts it."""
    if attempt.ended_at:
        return []
    profile, inputs, found = PROFILES[session.profile], _inputs(session), []
    if since := attempt.running_at:
        output = f"medialive output {profile.resolution_class}"
        found += [_rate("medialive input", inputs, since, MINIMUM_SECONDS)]
        found += [_rate(output, OUTPUTS, since, MINIMUM_SECONDS)]
    elif since := attempt.made_at:
        found += [_rate("medialive idle input", inputs, since)]
        found += [_rate("medialive idle channel", 1, since)] if attempt.channel_id else []
    if since := attempt.live_at:
        gigabytes = (profile.video_bitrate + profile.audio_bitrate) / 8 * 3600 / 1e9
        found += [_rate(f"ivs input {profile.ivs_type}", 1, since)]
        found += [_rate("s3 storage", gigabytes, since)] if session.record != "off" else []
    return found


def _rate(item: str, quantity: float, since: str, least_seconds: int = 0) -> Rate:
    return Rate(item, _line(item, quantity).dollars, since, least_seconds)


def _inputs(session: Session) -> int:
    return len(session.sources) + 1


def _line(item: str, quantity: float) -> Line:
    price = prices()[item]
    dollars = None if price.dollars is None else round(quantity * price.dollars, 6)
    return Line(item, round(quantity, 6), price.unit, dollars, price.source is not None)


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(Path(__file__).with_name("prices.json").read_text())
    return table


@cache
def prices() -> dict[str, Price]:
    return {item: Price(**price) for item, price in _table()["prices"].items()}


def region() -> str:
    """Whose prices they are."""
    return str(_table()["region"])
