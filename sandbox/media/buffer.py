"""Decoded pictures and sound, addressed by time: what a decoder adds and the mixer takes."""

import threading
from collections import deque
from fractions import Fraction

import av
import numpy as np

from sandbox.media.sound import Sound

_KEPT_SOUND = 4  # seconds

Picture = tuple[float, av.VideoFrame]


class Buffer:
    """Pictures in their order and the newest seconds of stereo sound. Hold `arrived` around every call.

    `tolerance` in seconds: sound that is off by less continues what came before. Gaps in it are silent.
    """

    def __init__(self, rate: Fraction, sample_rate: int, tolerance: float) -> None:
        self.arrived = threading.Condition()
        self.sample_rate = sample_rate
        self._half = float(1 / rate / 2)
        self._tolerance = round(tolerance * sample_rate)
        self._pictures: deque[Picture] = deque()
        self._shown: Picture | None = None
        self._ring = np.zeros((2, sample_rate * _KEPT_SOUND), np.float32)
        self._start = self._end = 0  # sample positions that are valid

    @property
    def pictures_until(self) -> float:
        """The time of the newest picture; negative without any."""
        return self._pictures[-1][0] if self._pictures else self._shown[0] if self._shown else -1.0

    @property
    def sound_until(self) -> float:
        return self._end / self.sample_rate

    def has(self, time: float) -> bool:
        """Whether the picture of `time` has come, or a later one."""
        return self.pictures_until > time - self._half

    def add_picture(self, time: float, frame: av.VideoFrame, kept: float | None = None) -> None:
        """`kept`: older pictures than so many seconds before it are dropped, shown or not."""
        self._pictures.append((time, frame))
        while kept is not None and time - self._pictures[0][0] > kept:
            self._pictures.popleft()
        self.arrived.notify_all()

    def add_sound(self, time: float, samples: Sound) -> None:
        """Shape (2, any)."""
        position, size = round(time * self.sample_rate), self._ring.shape[1]
        gap = position - self._end
        if abs(gap) < self._tolerance:
            position = self._end
        elif 0 < gap < size:
            self._write(self._end, np.zeros((2, gap), np.float32))
        elif abs(gap) >= size:
            self._start = position
        self._write(position, samples)

    def picture(self, time: float) -> Picture | None:
        """The picture due at `time`, else the newest before it."""
        while self._pictures and self._pictures[0][0] <= time + self._half:
            self._shown = self._pictures.popleft()
        return self._shown

    def sound(self, position: int, count: int) -> Sound:
        """`count` samples from `position` on, silence where there are none: shape (2, count)."""
        samples = np.zeros((2, count), np.float32)
        start, end = max(position, self._start), min(position + count, self._end)
        if end > start:
            at = np.arange(start, end) % self._ring.shape[1]
            samples[:, start - position : end - position] = self._ring[:, at]
        return samples

    def _write(self, position: int, samples: Sound) -> None:
        count, size = samples.shape[1], self._ring.shape[1]
        self._ring[:, np.arange(position, position + count) % size] = samples
        self._end = position + count
        self._start = max(min(self._start, position), self._end - size)
