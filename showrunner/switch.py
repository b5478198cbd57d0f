"""A switch: a source that was asked for, until MediaLive says that it is on air.

Asking is not having: MediaLive takes a schedule action, performs it later or never, and only PipelineDetails tells
which action has put on air what is there. Pure: no AWS, no clock.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct

CONFIRM_SECONDS = 15  # after which a switch that MediaLive has not confirmed is told as such


class Switch(Struct, frozen=True):
    """`action` is the name of MediaLive's schedule action, `by` who asked: the `sub` of a token."""

    action: str
    source: str
    by: str
    asked_at: str

    @property
    def due(self) -> str:
        """When it was to take effect."""
        return self.asked_at

    def unconfirmed(self, now: datetime) -> bool:
        """Whether it should be on air by now, and MediaLive has not said so."""
        return now > datetime.fromisoformat(self.due) + timedelta(seconds=CONFIRM_SECONDS)

    def delay(self, on_air_at: str) -> float:
        """Seconds from when it was to take effect until it was seen on air."""
        return (datetime.fromisoformat(on_air_at) - datetime.fromisoformat(self.due)).total_seconds()


def past(switches: Iterable[Switch], on_air: Switch) -> list[Switch]:
    """Those that are over once `on_air` is: itself, and what was due before it."""
    return [each for each in switches if each.due <= on_air.due]
