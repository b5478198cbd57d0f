"""What a session costs on AWS, roughly: an estimate from list prices, never a bill.

A life is what there was, and for how long; its cost is known once it is over. While it lasts, its course says what has
been spent, and what each second adds. Both can be told month by month.

`prices.json` has the prices: dollars of one unit, where they are from and as of when, null where that is not known. One
without a source is commonly quoted, and was not checked; one without dollars is left out of every sum, and named. What
MediaLive counts is in its user guide, under Pricing: each input that is attached and each output that is configured,
whatever goes through them, while the channel runs; while it does not, the channel and its push inputs.
"""

import json
from datetime import datetime
from functools import cache
from math import ceil
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from showrunner import clock
from showrunner.channel import SEGMENT_SECONDS
from showrunner.profiles import PROFILES
from showrunner.session import Attempt, Session, Share, moment, month_of, span_of

MINIMUM_SECONDS = 600  # MediaLive bills a running resource for ten minutes at least, then by the minute
TRANSITIONS, LOOK_SECONDS = 25, 300  # of a session and its cleanup at most, and one more for each look while on air
FUNCTIONS, FUNCTION_EVERY = 50, 144  # are invoked for a show at most, and one more for each so many seconds on air
FUNCTION_SECONDS, FUNCTION_GIGABYTES = 0.3, 0.25  # of each: an assumption, and what `.chalice/config.json` gives it
BILLION = 1_000_000_000  # money is kept in billionths of a dollar, for the table's numbers are whole
Part = Literal[
    "running", "idle", "live"
]  # of a life: the channel runs, all is made and it does not, IVS has the stream
NOT_COUNTED = (
    "Viewers are counted where you say how many; data transfer, recordings' films, API Gateway, DynamoDB, CloudWatch "
    "and CloudFront are not."
)


class Price(Struct, frozen=True):
    unit: str
    dollars: float | None
    as_of: str | None
    source: str | None


class Life(Struct, frozen=True):
    """How long there was what: everything made, of which the channel was running, of which IVS had the stream. Seconds.

    `inputs` are all that are attached, the slate among them; `pulled` of them are films, which cost nothing while the
    channel does not run. `stored`: there is an output to S3 beside the one to IVS. `viewers`: how many watch all the
    time. `ivs_type`: of the IVS channel, None for that of the profile.
    """

    profile: str
    inputs: int
    made: float
    running: float
    live: float
    stored: bool = True
    pulled: int = 1
    viewers: int = 0
    ivs_type: str | None = None


class Line(Struct, frozen=True):
    """`dollars` is None where the price is not known.

    `source` is what has it of AWS's, a page or the price list, None for one that is commonly quoted; `as_of` of when
    that is, None where it has no date.
    """

    item: str
    quantity: float
    unit: str
    dollars: float | None
    source: str | None
    as_of: str | None

    @property
    def checked(self) -> bool:
        return self.source is not None


class Rate(Struct, frozen=True):
    """What runs since when, and costs how much an hour; `least_seconds` are billed however short it is.

    `dollars_per_hour` is None where the price is not known.
    """

    item: str
    dollars_per_hour: float | None
    since: str
    least_seconds: int = 0


class Cost(Struct, frozen=True):
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


class Course(Struct, frozen=True):
    """What has been spent `at` a moment, in billionths of a dollar, and what each second adds from then on.

    MediaLive's begun minutes and its ten minutes at least are in the cost at the end alone.
    """

    at: datetime
    spent: int
    rate: int

    def spent_at(self, at: datetime) -> int:
        return self.spent + round(self.rate * (at - self.at).total_seconds())


def cost_of(life: Life) -> Cost:
    minutes = ceil(max(life.running, MINIMUM_SECONDS) / 60) if life.running > 0 else 0
    quantities = _quantities(life, minutes / 60)
    return Cost(minutes, tuple(_line(item, quantity) for item, quantity in quantities.items() if quantity > 0))


def _quantities(life: Life, hours: float) -> dict[str, float]:
    """How much there is of each item, if so many hours of the running channel are billed."""
    lasted: dict[Part, float] = {
        "running": hours,
        "idle": max(0.0, life.made - life.running) / 3600,
        "live": life.live / 3600,
    }
    once = {"step functions": TRANSITIONS, **_functions(FUNCTIONS)} if life.made > 0 else {}
    found: dict[str, float] = {}
    for part, items in _hourly(life).items():
        found |= {item: once.get(item, 0) + quantity * lasted[part] for item, quantity in items.items()}
    return found


def _hourly(life: Life) -> dict[Part, dict[str, float]]:
    """How much an hour has of each item, in each part of a life."""
    profile = PROFILES[life.profile]
    gigabytes = (profile.video_bitrate + profile.audio_bitrate) / 8 * 3600 / 1e9
    return {
        "running": {"medialive input": life.inputs, f"medialive output {profile.resolution_class}": 1 + life.stored},
        "idle": {"medialive idle channel": 1, "medialive idle push input": life.inputs - life.pulled},
        "live": {
            f"ivs input {life.ivs_type or profile.ivs_type}": 1,
            f"ivs output {profile.viewers_class}": life.viewers,
            "s3 storage": gigabytes if life.stored else 0,
            "s3 request": 3600 / SEGMENT_SECONDS * 2 if life.stored else 0,  # each segment, and its playlist anew
            "step functions": 3600 / LOOK_SECONDS,
            **_functions(3600 / FUNCTION_EVERY),
        },
    }


def _functions(number: float) -> dict[str, float]:
    return {"lambda request": number, "lambda gigabyte-second": number * FUNCTION_SECONDS * FUNCTION_GIGABYTES}


def planned(session: Session, seconds: float, viewers: int = 0, ivs_type: str | None = None) -> Life:
    """A show of a session that is on air for so long, as long as its channel runs."""
    return _life(session, seconds, seconds, seconds, ivs_type, viewers)


def lived(session: Session, attempt: Attempt, at: datetime | None = None) -> Life:
    """What an attempt has had until `at`, else until now; or until its end, if that was before.

    Nothing runs, and nothing is sent to IVS, once its channel is stopped, however long the rest takes to be removed.
    """
    end = at or clock.now()
    if attempt.ended_at:
        end = min(end, moment(attempt.ended_at))
    stopped = min(end, moment(attempt.stopped_at)) if attempt.stopped_at else end

    def seconds(since: str | None, until: datetime) -> float:
        return max(0.0, (until - moment(since)).total_seconds()) if since else 0.0

    made, running = seconds(attempt.created_at, end), seconds(attempt.running_at, stopped)
    return _life(session, made, running, seconds(attempt.live_at, stopped), attempt.ivs_type)


def rates(session: Session, attempt: Attempt) -> list[Rate]:
    """Of all that an attempt has and that costs money by the hour."""
    if attempt.ended_at:
        return []
    begun: dict[Part, str | None] = {
        "running": None if attempt.stopped_at else attempt.running_at,
        "idle": attempt.stopped_at or (None if attempt.running_at else attempt.created_at),
        "live": None if attempt.stopped_at else attempt.live_at,
    }
    return [
        Rate(item, _line(item, quantity).dollars, since, MINIMUM_SECONDS if part == "running" else 0)
        for part, items in _hourly(lived(session, attempt)).items()
        for item, quantity in items.items()
        if quantity and (since := begun[part])
    ]


def course(session: Session, attempt: Attempt) -> Course:
    """Of an attempt that is not over: since there was last something more, or less, of it."""
    changes = (attempt.created_at, attempt.running_at, attempt.live_at, attempt.stopped_at)
    at = max(moment(each) for each in changes if each)
    hour = sum(each.dollars_per_hour or 0.0 for each in rates(session, attempt))
    return Course(at, _spent(lived(session, attempt, at)), round(hour * BILLION / 3600))


def final(session: Session, attempt: Attempt) -> int:
    """What an attempt that is over has cost, or one that is not would have if it ended now: billionths of a dollar."""
    return round(sum(line.dollars or 0.0 for line in cost_of(lived(session, attempt)).lines) * BILLION)


def at_least(session: Session, attempt: Attempt) -> int:
    """What is due for ten minutes, as soon as the channel runs: billionths of a dollar."""
    life = lived(session, attempt)
    soon = attempt.running_at is not None and life.running < MINIMUM_SECONDS
    return _spent(replace(life, running=MINIMUM_SECONDS)) if soon else 0


def by_month(session: Session, attempt: Attempt) -> dict[str, Share]:
    """What each month has of an attempt's cost, the present one as it goes on; the end of all is in the last one."""
    end = moment(attempt.ended_at) if attempt.ended_at else clock.now()
    shares, month = {}, month_of(moment(attempt.created_at))
    while month <= month_of(end):
        begins, ends = span_of(month)
        before = _spent(lived(session, attempt, begins))
        if month < month_of(end):
            shares[month] = Share(_spent(lived(session, attempt, ends)) - before, 0)
        elif attempt.ended_at:
            shares[month] = Share(final(session, attempt) - before, 0)
        else:
            so_far = course(session, attempt)
            shares[month] = Share(so_far.spent_at(begins) - before, so_far.rate)
        month = month_of(ends)
    return shares


def _spent(life: Life) -> int:
    """Second by second, in billionths of a dollar."""
    quantities = _quantities(life, life.running / 3600)
    return round(sum(quantity * (_price(item).dollars or 0.0) for item, quantity in quantities.items()) * BILLION)


def _life(session: Session, made: float, running: float, live: float, ivs_type: str | None, viewers: int = 0) -> Life:
    inputs, pulled = len(session.sources) + 1, len(session.sources) - len(session.pushed) + 1
    return Life(session.profile, inputs, made, running, live, session.record != "off", pulled, viewers, ivs_type)


def _line(item: str, quantity: float) -> Line:
    price = _price(item)
    dollars = None if price.dollars is None else round(quantity * price.dollars, 6)
    return Line(item, round(quantity, 6), price.unit, dollars, price.source, price.as_of)


def _price(item: str) -> Price:
    """Not known, of what AWS has come up with since."""
    return prices().get(item, Price("hour", None, None, None))


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(Path(__file__).with_name("prices.json").read_text())
    return table


@cache
def prices() -> dict[str, Price]:
    return {item: Price(**price) for item, price in _table()["prices"].items()}


def unpriced() -> list[str]:
    """The items that are in no sum, since their price is not known."""
    return [item for item, price in prices().items() if price.dollars is None]


def notice() -> str:
    """What the sums are, of when, and what is not in them."""
    known = {item: price for item, price in prices().items() if price.dollars is not None}
    dates = sorted(price.as_of for price in known.values() if price.as_of)
    undated = ", ".join(item for item, price in known.items() if price.as_of is None)
    return (
        f"An estimate from list prices of {_table()['region']}"
        + (f" as of {dates[0]} to {dates[-1]}" if dates else "")
        + ", not a bill. "
        + (f"Of no known date: {undated}. " if undated else "")
        + NOT_COUNTED
    )
