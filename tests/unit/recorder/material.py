"""Stored shows to cut: the sandbox's test card as the encoder's segments, and what a player sees of a film.

Picture n of a show has the counter n; there is a flash and a beep each second.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import av
import numpy as np

from recorder.mp4 import Film, write_mp4
from sandbox.media import segments as hls
from sandbox.media.encode import AudioEncoder, VideoEncoder
from sandbox.media.segments import Segmenter
from sandbox.media.settings import AudioSettings, VideoSettings
from sandbox.media.testcard import CARDS, SAMPLE_RATE, Samples, counter_of, flashes, picture
from sandbox.media.ts import TsMuxer
from showrunner.cut import Cut, Segment, cut

BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)
RATE = 30
WIDTH, HEIGHT = 320, 180
_BLOCK = SAMPLE_RATE // RATE


@dataclass
class Show:
    """Segments as a playlist names them, and their bytes."""

    segments: list[Segment]
    data: dict[str, bytes]

    def cut(self, first: float, last: float) -> Cut:
        """The window from one picture to before another, counted from BEGIN on."""
        return cut(self.segments, moment(first), moment(last))

    def film(self, first: float, last: float) -> "Made":
        return make(self.cut(first, last), self.data)

    def __add__(self, later: "Show") -> "Show":
        return Show(self.segments + later.segments, self.data | later.data)


@dataclass
class Made:
    film: Film
    data: bytes


@dataclass
class Played:
    """What a player shows that honours edit lists; `at` in seconds, `sound` the left channel from time 0 on."""

    at: list[float]
    counters: list[int]
    flashes: list[bool]
    sound: Samples
    seconds: float
    sample_rate: int

    def flash_times(self) -> list[float]:
        before = [True, *self.flashes]
        return [at for at, lit, was in zip(self.at, self.flashes, before, strict=False) if lit and not was]

    def beep_times(self) -> list[float]:
        """Where the loud tone begins."""
        loud = np.flatnonzero(np.abs(self.sound) > 0.3)
        first = np.diff(loud, prepend=0) > 0.1 * self.sample_rate
        return [float(position / self.sample_rate) for position in loud[first]]


class Memory:
    """A sink that keeps all."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.head = b""

    def write(self, data: bytes) -> None:
        self.parts.append(data)

    def first(self, data: bytes) -> None:
        self.head = data

    @property
    def data(self) -> bytes:
        return self.head + b"".join(self.parts)


def moment(number: float) -> datetime:
    """When picture `number` of a show that began at BEGIN is shown."""
    return BEGIN + timedelta(seconds=number / RATE)


def make(this: Cut, data: dict[str, bytes]) -> Made:
    sink = Memory()
    film = write_mp4(this, data.__getitem__, sink)
    return Made(film, sink.data)


def show(
    seconds: float,
    name: str = "a",
    first: int = 0,
    at: float | None = None,
    gop: int = 60,
    pts: int = 0,
    sound: bool = True,
    size: tuple[int, int] = (WIDTH, HEIGHT),
) -> Show:
    """A run of the encoder that begins with picture `first`, stored as if that were shown at picture `at`.

    Each run's time stamps begin with `pts`, and with what an AAC encoder puts before.
    """
    video = VideoEncoder(VideoSettings("v", *size, Fraction(RATE), 600_000, 600_000, gop))
    audio = AudioEncoder(AudioSettings("a", 96_000, SAMPLE_RATE))
    segmenter = Segmenter(TsMuxer(video.config, audio.config if sound else None), 2.0)
    finished: list[hls.Segment] = []
    count = round(seconds * RATE)
    for tick in range(count):
        for unit in video.encode(_frame(first + tick, size), tick):
            moved = type(unit)(unit.pts + pts, unit.dts + pts, unit.key, unit.nal_units)
            if (segment := segmenter.add(moved)) is not None:
                finished.append(segment)
        if sound:
            for heard in audio.encode(_samples(first + tick), tick * _BLOCK):
                segmenter.add(type(heard)(heard.pts + pts, heard.frame))
    if (segment := segmenter.finish(1 / RATE)) is not None:
        finished.append(segment)
    begin = moment(first if at is None else at)
    stored = Show([], {})
    for number, segment in enumerate(finished):
        uri = f"{name}_{number:05d}.ts"
        start = begin + timedelta(seconds=round((segment.start - pts) / 90_000, 3))
        stored.segments.append(Segment(uri, start, segment.duration))
        stored.data[uri] = segment.data
    return stored


def stored_pictures(data: bytes) -> int:
    """How many pictures the film has, shown or not."""
    with av.open(io.BytesIO(data), options={"ignore_editlist": "1"}) as container:
        return sum(packet.size > 0 for packet in container.demux(video=0))


def play(data: bytes, sample_rate: int = SAMPLE_RATE) -> Played:
    """Decode a film from its beginning to its end."""
    played = Played([], [], [], np.zeros(0, np.float32), 0.0, sample_rate)
    blocks: list[tuple[float, Samples]] = []
    with av.open(io.BytesIO(data)) as container:
        video = container.streams.video[0]
        video.codec_context.thread_count = 1
        assert video.duration is not None
        assert video.time_base is not None
        played.seconds = float(video.duration * video.time_base)
        for frame in _decoded(container):
            if isinstance(frame, av.VideoFrame):
                played.at.append(frame.time or 0.0)
                played.counters.append(counter_of(frame))
                played.flashes.append(flashes(frame))
            else:
                blocks.append((frame.time or 0.0, frame.to_ndarray()[0]))
    played.sound = np.zeros(round(played.seconds * sample_rate), np.float32)
    for time, block in blocks:
        position = round(time * sample_rate)
        skipped = max(0, -position)
        block = block[skipped : max(0, len(played.sound) - position)]
        played.sound[position + skipped : position + skipped + len(block)] = block
    return played


def _decoded(container: av.container.InputContainer) -> Iterator[av.VideoFrame | av.AudioFrame]:
    for packet in container.demux(*container.streams.video, *container.streams.audio):
        for frame in packet.decode():
            assert isinstance(frame, av.VideoFrame | av.AudioFrame)
            yield frame


def _frame(number: int, size: tuple[int, int]) -> av.VideoFrame:
    image = picture(CARDS["host"], number, *size, flash=number % RATE < 3)
    return av.VideoFrame.from_ndarray(image, format="rgb24")


def _samples(number: int) -> Samples:
    time = np.arange(number * _BLOCK, (number + 1) * _BLOCK) / SAMPLE_RATE
    wave = np.sin(2 * np.pi * CARDS["host"].tone * time) * (0.8 if number % RATE < 3 else 0.1)
    return np.stack((wave, wave)).astype(np.float32)
