"""The channel's clock: seconds and ticks since its first picture.

Nothing is put out before the first input arrives (an assumption: what MediaLive does then is not documented).
Tick 0 is the first picture of the first input, `JITTER` after it arrived, so that later pictures may be late
by that much. From there one tick a picture, for ever, on the monotonic clock; UTC is read once, at tick 0, so
that PROGRAM-DATE-TIME runs evenly.
"""

import threading
import time
from fractions import Fraction

JITTER = 0.35


class Timeline:
    """Shared by the threads of a channel."""

    def __init__(self, rate: Fraction) -> None:
        self.rate = rate
        self.started = threading.Event()
        self.utc = 0.0  # of tick 0, once started
        self._origin = 0.0
        self._lock = threading.Lock()

    def now(self) -> float:
        """Seconds since tick 0; negative for the first `JITTER` seconds."""
        return time.monotonic() - self._origin

    def anchor(self) -> float:
        """The time of an input's first picture that arrives now: on a tick, `JITTER` ahead. Starts the clock."""
        with self._lock:
            if not self.started.is_set():
                self._origin = time.monotonic() + JITTER
                self.utc = time.time() + JITTER
                self.started.set()
                return 0.0
        return self.snap(self.now() + JITTER)

    def snap(self, seconds: float) -> float:
        """The nearest tick, in seconds."""
        return float(round(seconds * self.rate) / self.rate)

    def seconds(self, tick: int) -> float:
        return float(tick / self.rate)
