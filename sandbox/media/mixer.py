"""The mixer: each tick the active input's picture and sound, or what input loss asks for.

Input loss (InputLossBehavior): the last picture on air for RepeatFrameMsec, black for BlackFrameMsec, then the
slate, until pictures come again; sound falls silent at once. A paused pipeline holds its last picture, in silence
(an assumption: what its outputs do is not documented). The output's times never stop or jump.

Everything here happens in the mixer's thread; `at_next_tick` brings a command into it.
"""

import queue
import threading
from collections.abc import Callable
from functools import partial
from time import time as wall_clock
from typing import Literal

import av
import numpy as np

from sandbox.media.bitstream import AudioUnit, VideoUnit
from sandbox.media.encode import AudioEncoder, VideoEncoder
from sandbox.media.input_settings import LossSettings
from sandbox.media.overlay import Overlays
from sandbox.media.picture import solid
from sandbox.media.rundown import Rundown
from sandbox.media.sound import Sound
from sandbox.media.source import Input
from sandbox.media.timeline import Timeline

GRACE = 0.2  # seconds that a picture may be old, beyond RepeatFrameMsec
PATIENCE = 0.6  # how far the mixer falls behind the clock to wait for an input's late picture
SHED = 3.0  # so far behind, pictures between keys are left out until it has caught up
_LOOK = 0.02  # seconds between two looks at whether the first input is there

Shown = Literal["picture", "black", "slate"]
Command = Callable[[float], None]


def shown_after(age: float, loss: LossSettings) -> Shown:
    """What is on air when the newest picture was due `age` seconds ago."""
    if age <= loss.repeat + GRACE:
        return "picture"
    if age <= loss.repeat + loss.black + GRACE:
        return "black"
    return "slate"


class Mixer:
    """`run` it in a thread; `deliver` takes encoded units by description name, `tell` whether the input on air has a
    picture: of each input that goes on air, and of each change.

    `slate` is the picture of input loss, which any thread may set; `seen` the active input's newest picture, None while
    it has none, for what is called at a tick. `everywhere` are the overlays of the input's picture, `overlays` those of
    each video description.
    """

    def __init__(
        self,
        timeline: Timeline,
        rundown: Rundown,
        loss: LossSettings,
        videos: list[VideoEncoder],
        audios: list[AudioEncoder],
        deliver: Callable[[str, VideoUnit | AudioUnit], None],
        tell: Callable[[bool], None] = lambda _: None,
    ) -> None:
        self.rundown = rundown
        self.everywhere = Overlays()
        self.overlays = {video.settings.name: Overlays() for video in videos}
        self.seen: av.VideoFrame | None = None
        self._timeline = timeline
        self._time = 0.0
        self._paused = False
        self._loss = loss
        self._videos = videos
        self._audios = audios
        self._deliver = deliver
        self._tell = tell
        self._told: tuple[Input, bool] | None = None
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._stop = threading.Event()
        largest = max((video.settings for video in videos), key=lambda settings: settings.width)
        self._black = solid((0, 0, 0), largest.width, largest.height)
        self.slate = solid(loss.color, largest.width, largest.height)
        self._last: tuple[float, av.VideoFrame] | None = None  # the last picture of an input that was on air
        self._held = self._black  # the last picture of all

    @property
    def utc(self) -> float:
        """Of the tick at hand, in seconds; the wall clock's before there are ticks."""
        return self._timeline.utc + self._time if self._timeline.started.is_set() else wall_clock()

    def pause(self, paused: bool) -> None:
        """Hold the picture, in silence; or go on."""
        self._paused = paused

    def at_next_tick(self, command: Command) -> None:
        """From any thread: call `command` with the next tick's time."""
        self._commands.put(command)

    def stop(self) -> None:
        """Make `run` return after the tick at hand."""
        self._stop.set()

    def run(self) -> None:
        """Wait for the first input, then mix until stopped, then empty the encoders."""
        self.rundown.begin()
        self._await_first_input()
        tick = 0
        while not self._stop.is_set():
            time = self._timeline.seconds(tick)
            if (early := time - self._timeline.now()) > 0 and self._stop.wait(early):
                break
            self.mix(tick, late=max(0.0, -early))
            tick += 1
        self.rundown.close()
        for video in self._videos:
            for unit in video.finish():
                self._deliver(video.settings.name, unit)

    def mix(self, tick: int, late: float = 0.0) -> None:
        """One tick; `late`: how many seconds it is behind the clock."""
        self._time = time = self._timeline.seconds(tick)
        self._obey(time)
        self.rundown.advance(self.utc, time)
        picture = self._picture(time, patience=PATIENCE - late)
        for video in self._videos:
            if late < SHED or tick % video.settings.gop == 0:
                name = video.settings.name
                for unit in video.encode(picture, tick, partial(self.overlays[name].onto, time=time)):
                    self._deliver(name, unit)
        start, end = self._position(tick), self._position(tick + 1)
        samples = self._sound(start, end - start)
        for audio in self._audios:
            for sound in audio.encode(samples, start):
                self._deliver(audio.settings.name, sound)

    def _await_first_input(self) -> None:
        """Let the first input start the clock: a publisher's first picture does, and a file that is decoded."""
        while not self._stop.is_set() and not self._timeline.started.is_set():
            self._obey(0.0)
            self.rundown.advance(self.utc, 0.0)
            self._tell_of_picture(there=False)
            self.rundown.input.start_clock()
            self._stop.wait(_LOOK)

    def _obey(self, time: float) -> None:
        while not self._commands.empty():
            self._commands.get()(time)

    def _picture(self, time: float, patience: float) -> av.VideoFrame:
        shown = self.rundown.input.picture(time, patience)
        fresh = shown is not None and time - shown[0] <= GRACE
        if fresh:
            self._last = shown
        self.seen = shown[1] if fresh and shown is not None else None
        self._tell_of_picture(fresh)
        if not self._paused:
            self._held = self.everywhere.onto(self._without_loss(time), time)
        return self._held

    def _tell_of_picture(self, there: bool) -> None:
        if self._told != (self.rundown.input, there):
            self._told = self.rundown.input, there
            self._tell(there)

    def _without_loss(self, time: float) -> av.VideoFrame:
        """The last input's picture, as long as it may stand, else what replaces it."""
        never = self._loss.repeat + GRACE + time  # without any picture there is nothing to repeat
        age = never if self._last is None else time - self._last[0]
        match shown_after(age, self._loss):
            case "picture" if self._last is not None:
                return self._last[1]
            case "slate":
                return self.slate
        return self._black

    def _sound(self, position: int, count: int) -> Sound:
        samples = self.rundown.input.sound(position, count)
        return np.zeros_like(samples) if self._paused else samples

    def _position(self, tick: int) -> int:
        """The sample at which the tick begins."""
        return int(tick * self._audios[0].settings.sample_rate / self._timeline.rate)
