"""The mixer: each tick the active source's picture and sound, or what input loss asks for.

Input loss (InputLossBehavior): the last picture for RepeatFrameMsec, black for BlackFrameMsec, then the
slate's colour, until pictures come again; sound falls silent at once. The output's times never stop or jump.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Literal

import av
import numpy as np

from sandbox.media.bitstream import AudioUnit, VideoUnit
from sandbox.media.encode import AudioEncoder, VideoEncoder
from sandbox.media.settings import LossSettings
from sandbox.media.source import Source
from sandbox.media.timeline import Timeline

GRACE = 0.2  # seconds that a live picture may be old, beyond RepeatFrameMsec
PATIENCE = 0.6  # how far the mixer falls behind the clock to wait for a live input's late picture
SHED = 3.0  # so far behind, pictures between keys are left out until it has caught up

Shown = Literal["picture", "black", "slate"]


def shown_after(age: float, loss: LossSettings) -> Shown:
    """What is on air when the newest picture was due `age` seconds ago."""
    if age <= loss.repeat + GRACE:
        return "picture"
    if age <= loss.repeat + loss.black + GRACE:
        return "black"
    return "slate"


class Mixer:
    """Runs in one thread; `video` and `audio` take encoded units by description name.

    `active` is the attachment on air; it may be set from any thread and counts from the next tick on.
    """

    def __init__(
        self,
        timeline: Timeline,
        sources: Mapping[str, Source],
        active: str,
        loss: LossSettings,
        videos: list[VideoEncoder],
        audios: list[AudioEncoder],
        deliver: Callable[[str, VideoUnit | AudioUnit], None],
    ) -> None:
        self.active = active
        self._timeline = timeline
        self._sources = sources
        self._loss = loss
        self._videos = videos
        self._audios = audios
        self._deliver = deliver
        self._stop = threading.Event()
        self._black, self._slate = _solid((0, 0, 0)), _solid(loss.color)

    def stop(self) -> None:
        """Make `run` return after the tick at hand."""
        self._stop.set()
        self._timeline.started.set()

    def run(self) -> None:
        """Wait for the first input, then mix until stopped, then empty the encoders."""
        self._timeline.started.wait()
        tick = 0
        while not self._stop.is_set():
            time = self._timeline.seconds(tick)
            if (early := time - self._timeline.now()) > 0 and self._stop.wait(early):
                break
            self._mix(tick, time, late=max(0.0, -early))
            tick += 1
        for video in self._videos:
            for unit in video.finish():
                self._deliver(video.settings.name, unit)

    def _mix(self, tick: int, time: float, late: float) -> None:
        source = self._sources[self.active]
        frame = self._frame(source, time, patience=PATIENCE - late)
        for video in self._videos:
            if late < SHED or tick % video.settings.gop == 0:
                for unit in video.encode(frame, tick):
                    self._deliver(video.settings.name, unit)
        start, end = self._position(tick), self._position(tick + 1)
        samples = source.sound(start, end - start)
        for audio in self._audios:
            for sound in audio.encode(samples, start):
                self._deliver(audio.settings.name, sound)

    def _frame(self, source: Source, time: float, patience: float) -> av.VideoFrame:
        shown = source.picture(time, patience)
        never = self._loss.repeat + GRACE + time  # without any picture there is nothing to repeat
        age = never if shown is None else time - shown[0]
        match shown_after(age, self._loss):
            case "picture" if shown is not None:
                return shown[1]
            case "slate":
                return self._slate
        return self._black

    def _position(self, tick: int) -> int:
        """The sample at which the tick begins."""
        return int(tick * self._audios[0].settings.sample_rate / self._timeline.rate)


def _solid(rgb: tuple[int, int, int]) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.full((16, 16, 3), rgb, np.uint8), format="rgb24")
