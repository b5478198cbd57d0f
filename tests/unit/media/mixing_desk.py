"""A mixer that is stepped tick by tick, with inputs and encoders that are made up."""

from fractions import Fraction
from typing import Any

import av
import numpy as np

from sandbox.media.bitstream import AudioUnit, VideoUnit
from sandbox.media.buffer import Picture
from sandbox.media.input_settings import LossSettings
from sandbox.media.mixer import Mixer
from sandbox.media.picture import planes, scaled, solid
from sandbox.media.rundown import Rundown, Switch
from sandbox.media.settings import AudioSettings, VideoSettings
from sandbox.media.sound import Sound
from sandbox.media.timeline import Timeline

RATE = Fraction(30)
BLACK, GREY, WHITE, SLATE = 16, 126, 235, 41
GREYS = {"host": solid((128, 128, 128), 64, 36), "callers": solid((255, 255, 255), 128, 72)}


class Steady:
    """The same picture and a constant sound, until it is dead."""

    ready = True
    dead = False

    def __init__(self, name: str) -> None:
        self.frame = GREYS[name]

    def begin(self, time: float) -> None: ...

    def start_clock(self) -> None: ...

    def leave(self) -> None: ...

    def ended(self, time: float) -> bool:
        return False

    def picture(self, time: float, patience: float) -> Picture | None:
        return (0.0 if self.dead else time, self.frame)

    def sound(self, position: int, count: int) -> Sound:
        return np.full((2, count), 0.0 if self.dead else 0.5, np.float32)


class Screen:
    """In an encoder's place: keeps the lightness of one point."""

    def __init__(self) -> None:
        self.settings = VideoSettings("video", 64, 36, RATE, 1, 1, 60)
        self.seen: list[int] = []

    def encode(self, frame: av.VideoFrame, tick: int, finish: Any) -> list[VideoUnit]:
        self.seen.append(int(planes(finish(scaled(frame, 64, 36)))[0][18, 32]))
        return []


class Speaker:
    """In an encoder's place: keeps whether there was sound."""

    def __init__(self) -> None:
        self.settings = AudioSettings("audio", 1, 48_000)
        self.heard: list[bool] = []

    def encode(self, samples: Sound, position: int) -> list[AudioUnit]:
        assert position == len(self.heard) * 1600
        assert samples.shape == (2, 1600)
        self.heard.append(bool(samples.any()))
        return []


class Desk:
    """A mixer whose time is stepped."""

    def __init__(self, **loss: Any) -> None:
        self.inputs = {name: Steady(name) for name in GREYS}
        self.screen, self.speaker = Screen(), Speaker()
        rundown = Rundown(Switch(None, "host"), lambda name, _: self.inputs[name], lambda _: None, lambda _: None)
        videos: Any = [self.screen]
        audios: Any = [self.speaker]
        self.told: list[tuple[int, bool]] = []  # at which tick the input on air had a picture, or none
        self.mixer = Mixer(
            Timeline(RATE),
            rundown,
            LossSettings(**loss),
            videos,
            audios,
            lambda *_: None,
            lambda there: self.told.append((self.tick, there)),
        )
        self.tick = 0

    def step(self, ticks: int) -> list[int]:
        for _ in range(ticks):
            self.mixer.mix(self.tick)
            self.tick += 1
        return self.screen.seen[-ticks:]

    def switch(self, to: str) -> None:
        self.mixer.at_next_tick(lambda _: self.mixer.rundown.add(Switch(to, to), self.mixer.utc))
