"""An input as the mixer sees it: decoded pictures and sound, addressed by the channel's time.

A connection is anchored once, at its first picture, to a tick of the channel's clock; sound follows the same
anchor, so the two stay together. It is anchored anew if its clock jumps or it falls behind by more than
`MAX_EARLY` or `MAX_LATE`. Each connection decodes in a thread of its own; one that was displaced can no
longer reach the source.
"""

import queue
import threading
from collections import deque
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av import AudioResampler, CodecContext
from av.audio.codeccontext import AudioCodecContext

from sandbox.media.bitstream import CLOCK, AudioConfig, AudioUnit, VideoUnit
from sandbox.media.flv import FlvReader
from sandbox.media.rtmp import Tag
from sandbox.media.timeline import JITTER, Timeline

MAX_EARLY = JITTER + 1.5
MAX_LATE = 1.0
_KEPT_PICTURES = 2.0  # seconds
_KEPT_SOUND = 4  # seconds
_QUEUE = 600  # tags, about 8 s; behind that pictures are lost up to the next key
_TICK = Fraction(1, CLOCK)

Sound = npt.NDArray[np.float32]


class Source:
    """The newest pictures and sound of one input. `sample_rate` in Hz, sound is stereo float32."""

    def __init__(self, name: str, timeline: Timeline, sample_rate: int) -> None:
        self.name = name
        self.connected = False
        self._timeline = timeline
        self.sample_rate = sample_rate
        self._arrived = threading.Condition()
        self._pictures: deque[tuple[float, av.VideoFrame]] = deque()
        self._shown: tuple[float, av.VideoFrame] | None = None
        self._ring = np.zeros((2, sample_rate * _KEPT_SOUND), np.float32)
        self._ring_start = self._ring_end = 0  # sample positions that are valid
        self._feed: Feed | None = None
        self._base: float | None = None  # channel time of the connection's time 0

    def connect(self, complain: Callable[[str], None]) -> "Feed":
        """A new connection; the one before, if any, is cut off. `complain` is told what can't be decoded."""
        with self._arrived:
            self._feed, self._base = Feed(self, complain), None
            self.connected = True
            return self._feed

    # -- the mixer's side

    def picture(self, time: float, patience: float) -> tuple[float, av.VideoFrame] | None:
        """The picture due at `time` with its own time; of a live input wait for it `patience` seconds."""
        half = float(1 / self._timeline.rate / 2)

        def known() -> bool:
            newest = self._pictures[-1][0] if self._pictures else self._shown[0] if self._shown else -1.0
            return not self.connected or self._base is None or newest > time - half

        with self._arrived:
            if patience > 0:
                self._arrived.wait_for(known, patience)
            while self._pictures and self._pictures[0][0] <= time + half:
                self._shown = self._pictures.popleft()
            return self._shown

    def sound(self, position: int, count: int) -> Sound:
        """`count` samples from `position` on, silence where there are none: shape (2, count)."""
        samples = np.zeros((2, count), np.float32)
        with self._arrived:
            start, end = max(position, self._ring_start), min(position + count, self._ring_end)
            if end > start:
                at = np.arange(start, end) % self._ring.shape[1]
                samples[:, start - position : end - position] = self._ring[:, at]
        return samples

    # -- the decoder's side

    def add_picture(self, feed: "Feed", seconds: float, frame: av.VideoFrame) -> None:
        with self._arrived:
            if feed is not self._feed:
                return
            self._anchor(seconds)
            time = seconds + (self._base or 0.0)
            self._pictures.append((time, frame))
            while self._pictures[-1][0] - self._pictures[0][0] > _KEPT_PICTURES:
                self._pictures.popleft()
            self._arrived.notify_all()

    def add_sound(self, feed: "Feed", seconds: float, samples: Sound) -> None:
        with self._arrived:
            if feed is not self._feed or self._base is None:
                return
            position, count = round((seconds + self._base) * self.sample_rate), samples.shape[1]
            if abs(position - self._ring_end) < self.sample_rate // 25:
                position = self._ring_end  # contiguous, but for the rounding of its timestamps
            else:
                self._ring_start = position
            self._ring[:, np.arange(position, position + count) % self._ring.shape[1]] = samples
            self._ring_end = position + count
            self._ring_start = max(self._ring_start, self._ring_end - self._ring.shape[1])

    def lost(self, feed: "Feed") -> None:
        with self._arrived:
            if feed is self._feed:
                self.connected = False
                self._arrived.notify_all()

    def _anchor(self, seconds: float) -> None:
        if self._base is None:
            self._base = self._timeline.anchor() - seconds
            return
        ahead = seconds + self._base - self._timeline.now()
        if not -MAX_LATE <= ahead <= MAX_EARLY:
            self._base += self._timeline.snap(JITTER - ahead)


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
