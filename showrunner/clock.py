"""The time, asked in this one place: whoever simulates a show puts a clock of its own here, and hours pass at once."""

import time as system
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """UTC seconds since the epoch, and a pause in seconds."""

    def time(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's."""

    def time(self) -> float:
        return system.time()

    def sleep(self, seconds: float) -> None:
        system.sleep(seconds)


_clock: Clock = SystemClock()


def use(clock: Clock | None = None) -> None:
    """Go by `clock` from now on; without one by the machine's."""
    global _clock
    _clock = clock or SystemClock()


def time() -> float:
    return _clock.time()


def now() -> datetime:
    return datetime.fromtimestamp(_clock.time(), UTC)


def sleep(seconds: float) -> None:
    _clock.sleep(seconds)
