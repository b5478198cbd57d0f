"""The sandbox's time. Behaviour never asks the operating system: it is handed one of these.

Two clocks: `RealClock` runs callbacks on an asyncio loop, `VirtualClock` runs them in order of their
due time without waiting, so that hours of a show pass in milliseconds.
"""

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from typing import Protocol


class Timer(Protocol):
    """A callback that is due; `cancel` before it ran makes it never run."""

    def cancel(self) -> None: ...


class Clock(Protocol):
    """UTC seconds since the epoch, and callbacks after a delay in seconds. Callbacks run one at a time."""

    def time(self) -> float: ...

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer: ...


class RealClock:
    """Wall clock; callbacks run on `loop`. Call it from the loop's own thread only."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def time(self) -> float:
        return time.time()

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        return self._loop.call_later(max(0.0, delay), callback)


class VirtualTimer:
    """A callback on a `VirtualClock`."""

    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None


class VirtualClock:
    """Time that moves only when told to: `advance` by seconds, or `run` until nothing is due any more."""

    def __init__(self, start: float = 1_750_000_000.0) -> None:
        self._now = start
        self._order = itertools.count()
        self._due: list[tuple[float, int, VirtualTimer]] = []

    def time(self) -> float:
        return self._now

    def call_later(self, delay: float, callback: Callable[[], None]) -> VirtualTimer:
        timer = VirtualTimer(callback)
        heapq.heappush(self._due, (self._now + max(0.0, delay), next(self._order), timer))
        return timer

    def advance(self, seconds: float) -> None:
        """Run everything due within the next `seconds`, then stand exactly that much later."""
        until = self._now + seconds
        while self._due and self._due[0][0] <= until:
            self._run_next()
        self._now = until

    def run(self, limit: float = 400 * 86_400.0) -> None:
        """Run until nothing is due; raises RuntimeError if that takes more than `limit` virtual seconds."""
        until = self._now + limit
        while self._due:
            if self._due[0][0] > until:
                raise RuntimeError(f"still busy after {limit:g} virtual seconds")
            self._run_next()

    def _run_next(self) -> None:
        when, _, timer = heapq.heappop(self._due)
        self._now = max(self._now, when)
        if timer.callback is not None:
            callback, timer.callback = timer.callback, None
            callback()
