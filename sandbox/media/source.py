"""A push input as the mixer sees it: decoded pictures and sound, addressed by the channel's time.

A connection is anchored once, at its first picture, to a tick of the channel's clock; sound follows the same
anchor, so the two stay together. It is anchored anew if its clock jumps or it falls behind by more than
`MAX_EARLY` or `MAX_LATE`. Each connection decodes in a thread of its own; one that was displaced can no
longer reach the source. It decodes whether it is on air or not, so that a switch to it takes no time.
"""

import queue
import threading
from collections.abc import Callable
from fractions import Fraction
from typing import Any, Protocol

import av
import numpy as np
from av import AudioResampler, CodecContext
from av.audio.codeccontext import AudioCodecContext

from sandbox.media.bitstream import CLOCK, AudioConfig, AudioUnit, VideoUnit
from sandbox.media.buffer import Buffer, Picture
from sandbox.media.flv import FlvReader
from sandbox.media.rtmp import Tag
from sandbox.media.sound import Sound
from sandbox.media.timeline import JITTER, Timeline

MAX_EARLY = JITTER + 1.5
MAX_LATE = 1.0
_KEPT_PICTURES = 2.0  # seconds
_ROUNDING = 0.04  # seconds by which a live encoder's timestamps may be off
_QUEUE = 600  # tags, about 8 s; behind that pictures are lost up to the next key
_TICK = Fraction(1, CLOCK)


class Input(Protocol):
    """What can be on air. Times are seconds of the channel's clock."""

    @property
    def ready(self) -> bool:
        """Whether a switch to it may take place: it has something to show, or never will."""
        ...

    def begin(self, time: float) -> None:
        """It is on air from `time` on."""
        ...

    def start_clock(self) -> None:
        """Start the channel's clock, if there is something to show."""
        ...

    def leave(self) -> None:
        """It is on air no longer, or never will be."""
        ...

    def ended(self, time: float) -> bool:
        """Whether it has nothing to show at `time` nor later."""
        ...

    def picture(self, time: float, patience: float) -> Picture | None:
        """The picture due at `time`, or the last before it, with its own time; waits at most `patience` seconds."""
        ...

    def sound(self, position: int, count: int) -> Sound:
        """`count` samples from `position` on, silence where there are none: shape (2, count)."""
        ...


class Source:
    """The newest pictures and sound of one push input. `sample_rate` in Hz, sound is stereo float32.

    Only what is `awaited`, being on air, starts the channel's clock.
    """

    ready = True

    def __init__(self, name: str, timeline: Timeline, sample_rate: int) -> None:
        self.name = name
        self.connected = False
        self.sample_rate = sample_rate
        self.awaited = False
        self._timeline = timeline
        self._buffer = Buffer(timeline.rate, sample_rate, _ROUNDING)
        self._feed: Feed | None = None
        self._base: float | None = None  # channel time of the connection's time 0

    def connect(self, complain: Callable[[str], None]) -> "Feed":
        """A new connection; the one before, if any, is cut off. `complain` is told what can't be decoded."""
        with self._buffer.arrived:
            self._feed, self._base = Feed(self, complain), None
            self.connected = True
            return self._feed

    # -- the mixer's side

    def begin(self, time: float) -> None:
        self.awaited = True

    def start_clock(self) -> None:
        """Its first picture does, when it arrives."""

    def leave(self) -> None:
        self.awaited = False

    def ended(self, time: float) -> bool:
        """A live input never ends: its publisher may come back."""
        return False

    def picture(self, time: float, patience: float) -> Picture | None:
        """The picture due at `time`; of a connected publisher wait for it `patience` seconds."""

        def known() -> bool:
            return not self.connected or self._base is None or self._buffer.has(time)

        with self._buffer.arrived:
            if patience > 0:
                self._buffer.arrived.wait_for(known, patience)
            return self._buffer.picture(time)

    def sound(self, position: int, count: int) -> Sound:
        with self._buffer.arrived:
            return self._buffer.sound(position, count)

    # -- the decoder's side

    def add_picture(self, feed: "Feed", seconds: float, frame: av.VideoFrame) -> None:
        with self._buffer.arrived:
            if feed is self._feed and (base := self._anchor(seconds)) is not None:
                self._buffer.add_picture(seconds + base, frame, _KEPT_PICTURES)

    def add_sound(self, feed: "Feed", seconds: float, samples: Sound) -> None:
        with self._buffer.arrived:
            if feed is self._feed and self._base is not None:
                self._buffer.add_sound(seconds + self._base, samples)

    def lost(self, feed: "Feed") -> None:
        with self._buffer.arrived:
            if feed is self._feed:
                self.connected = False
                self._buffer.arrived.notify_all()

    def _anchor(self, seconds: float) -> float | None:
        """The channel time of the connection's time 0; None while the clock waits for another input."""
        if self._base is None:
            if self.awaited or self._timeline.started.is_set():
                self._base = self._timeline.anchor() - seconds
            return self._base
        ahead = seconds + self._base - self._timeline.now()
        if not -MAX_LATE <= ahead <= MAX_EARLY:
            self._base += self._timeline.snap(JITTER - ahead)
        return self._base


class Feed:
    """One connection's decoder: FLV tags in (from one thread), pictures and sound into the source."""

    def __init__(self, source: Source, complain: Callable[[str], None]) -> None:
        self._source = source
        self._complain = complain
        self._tags: queue.Queue[Tag | None] = queue.Queue()
        self._await_key = True
        self._reader = FlvReader()
        self._resampler = AudioResampler("fltp", "stereo", source.sample_rate)
        self._video = CodecContext.create("h264", "r")
        self._video.thread_count = 1
        self._audio: tuple[AudioConfig, AudioCodecContext] | None = None
        self._thread = threading.Thread(target=self._run, name=f"decode {source.name}", daemon=True)
        self._thread.start()

    def tag(self, tag: Tag) -> None:
        if self._tags.qsize() < _QUEUE:
            self._tags.put(tag)
        else:
            self._await_key = True

    def close(self) -> None:
        self._tags.put(None)
        self._source.lost(self)

    def _run(self) -> None:
        while (tag := self._tags.get()) is not None:
            try:
                self._decode(self._reader.read(tag))
            except (av.FFmpegError, ValueError, IndexError):
                continue  # a broken unit costs no more than itself

            if self._reader.unsupported:
                self._complain(f"input {self._source.name}: only H.264 and AAC can be decoded")
                self._complain, self._reader.unsupported = _silently, 0

    def _decode(self, unit: VideoUnit | AudioUnit | None) -> None:
        if isinstance(unit, VideoUnit):
            self._decode_picture(unit)
        elif isinstance(unit, AudioUnit):
            self._decode_sound(unit)

    def _decode_picture(self, unit: VideoUnit) -> None:
        if self._reader.video is None or (self._await_key and not unit.key):
            return
        self._await_key = False
        for frame in self._video.decode(_packet(unit.annex_b(self._reader.video), unit.pts, unit.dts)):
            self._source.add_picture(self, (frame.pts or 0) / CLOCK, frame)

    def _decode_sound(self, unit: AudioUnit) -> None:
        config = self._reader.audio
        if config is None:
            return
        if self._audio is None or self._audio[0] != config:
            decoder = CodecContext.create("aac", "r")
            decoder.extradata = config.config
            self._audio = config, decoder
        for frame in self._audio[1].decode(_packet(unit.frame, unit.pts, unit.pts)):
            frame.pts, frame.time_base = unit.pts, _TICK
            for sound in self._resampler.resample(frame):
                self._source.add_sound(self, sound.time or 0.0, sound.to_ndarray().astype(np.float32, copy=False))


def _silently(_: str) -> None:
    """Once was enough."""


def _packet(data: bytes, pts: int, dts: int) -> "av.Packet[Any]":
    packet: av.Packet[Any] = av.Packet(data)
    packet.pts, packet.dts, packet.time_base = pts, dts, _TICK
    return packet
