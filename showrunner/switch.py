"""A switch: a source that was asked for, until MediaLive says that it is on air.

Asking is not having: MediaLive takes a schedule action, performs it later or never, and only PipelineDetails tells
which action has put on air what is there. Pure: no AWS, no clock.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import pairwise

from msgspec import Struct, structs

CONFIRM_SECONDS = 15  # after which a switch that MediaLive has not confirmed is told as such


class Switch(Struct, frozen=True):
    """`action` is the name of MediaLive's schedule action, `by` who asked: the `sub` of a token.

    `item` is the file of a source that plays files, `milliseconds` what it lasts, `copy` that at a level. At once, or
    `at` a time, or `after` the file that another action has put on air has ended. An edit of a running chain is a
    switch at a time that is `behind` the track of another action. What is `void` MediaLive performs all the same: it
    was taken back too late.
    """

    action: str
    source: str
    by: str
    asked_at: str
    item: str | None = None
    position: int | None = None  # of the item in the tracklist
    at: str | None = None
    after: str | None = None
    milliseconds: int | None = None
    copy: str | None = None
    behind: str | None = None
    void: bool = False

    @property
    def due(self) -> str:
        """When it was to take effect; behind another one, the earliest that it could."""
        return self.at or self.asked_at

    @property
    def what(self) -> str:
        return f"{self.source} ({self.item})" if self.item else self.source

    def unconfirmed(self, now: datetime) -> bool:
        """Whether it should be on air by now, and MediaLive has not said so; behind a file nobody knows when."""
        return self.after is None and now > datetime.fromisoformat(self.due) + timedelta(seconds=CONFIRM_SECONDS)

    def delay(self, on_air_at: str) -> float:
        """Seconds from when it was to take effect until it was seen on air."""
        return (datetime.fromisoformat(on_air_at) - datetime.fromisoformat(self.due)).total_seconds()


class File(Struct, frozen=True):
    """What is played of an item: a file's name, how many milliseconds it `lasts`, and which `copy` it is."""

    name: str
    lasts: int | None = None
    copy: str | None = None


def chain(
    mark: str,
    source: str,
    items: list[str],
    position: int,
    fallback: str,
    by: str,
    asked_at: str,
    files: Mapping[str, File],
) -> list[Switch]:
    """A cut to the track at `position`, those behind it each after the other, and then the fallback."""
    names = [f"track-{mark}-{number}" for number in range(position, len(items) + 1)]
    switches = []
    for name, number in zip(names, range(position, len(items)), strict=False):
        file, item = files[items[number]], items[number]
        switches.append(Switch(name, source, by, asked_at, item, number, milliseconds=file.lasts, copy=file.copy))
    switches.append(Switch(names[-1], fallback, by, asked_at))
    return [
        switches[0],
        *(structs.replace(each, after=before.action) for before, each in pairwise(switches)),
    ]


def with_followers(roots: Iterable[Switch], switches: Iterable[Switch]) -> list[Switch]:
    """Some of the `switches`, and all that follow them."""
    found, others = list(roots), list(switches)
    names = {each.action for each in found}
    while more := [each for each in others if each.after in names and each.action not in names]:
        found += more
        names |= {each.action for each in more}
    return found


class Cue(Struct, frozen=True):
    """A source, and a track of it, that MediaLive was asked to prepare."""

    source: str
    item: str | None = None

    def __str__(self) -> str:
        return f"{self.source} ({self.item})" if self.item else self.source


def past(switches: Iterable[Switch], on_air: Switch) -> list[Switch]:
    """Those that are over once `on_air` is: itself, what was due before it, and chains that it has broken."""
    others = [each for each in switches if each.action != on_air.action]
    ahead = {each.action for each in others if each.after is None and each.due > on_air.due} | {on_air.action}
    while more := {each.action for each in others if each.after in ahead} - ahead:
        ahead |= more
    return [on_air, *(each for each in others if each.action not in ahead)]
