"""What arrives of a stream, over some seconds at a time.

The bit rate is counted over the stream's own time, so that a burst after a pause of the network is not taken for a
high rate; the frame rate over the time that passed here, so that a stream that starves shows it.
"""

from dataclasses import dataclass

from sandbox.media.bitstream import CLOCK, AudioUnit, VideoUnit


@dataclass(frozen=True)
class Measured:
    """Bits a second (0 if nothing came, None if it can't be told), pictures a second, seconds between key pictures."""

    bitrate: float | None
    fps: float
    keyframe_seconds: float | None


class Measure:
    """Counts units; `take` gives what came since the last time."""

    def __init__(self) -> None:
        self._bytes = self._pictures = 0
        self._first: int | None = None  # 90 kHz, as all times here
        self._last = 0
        self._key: int | None = None
        self._between: int | None = None

    def add(self, unit: VideoUnit | AudioUnit, size: int) -> None:
        """A unit that took `size` bytes."""
        self._bytes += size
        if isinstance(unit, AudioUnit):
            return
        if self._first is None:
            self._first = unit.dts
        self._pictures += 1
        self._last = unit.dts
        if unit.key:
            self._between = None if self._key is None else unit.dts - self._key
            self._key = unit.dts

    def take(self, seconds: float) -> Measured:
        """What came in the last `seconds`."""
        span = 0 if self._first is None else self._last - self._first
        bitrate: float | None = None
        if self._bytes == 0:
            bitrate = 0.0
        elif span > 0:  # from the first picture to the last is one picture less than came
            bitrate = self._bytes * 8 * CLOCK / (span * self._pictures / (self._pictures - 1))
        since = None if self._key is None else self._last - self._key
        known = [each for each in (self._between, since) if each]
        measured = Measured(bitrate, self._pictures / seconds, max(known) / CLOCK if known else None)
        self._bytes, self._pictures, self._first = 0, 0, None
        return measured
