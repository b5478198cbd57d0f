"""The video side of the emulated IVS: RTMP in, live HLS out, for all channels at once.

An encoder must reach the channel's own ingest endpoint (the host in its tcUrl) with the channel's stream key.
A stream is live from its first key picture to the end of its connection. The playlist is a window of the
last `WINDOW` segments; a connection that comes back goes on behind an EXT-X-DISCONTINUITY. `FORGET` seconds
after the last connection the playlist is closed with EXT-X-ENDLIST, and what comes later is a new stream: its
playlist appears with its first segment and names nothing older.

What arrives is measured and told every `MEASURE` seconds; IVS judges it, and cuts off what breaks its limits.

Nothing is transcoded: IVS's renditions are not emulated, the viewer gets what was sent.
"""

import asyncio
import time
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from sandbox.media.bitstream import CLOCK, VideoUnit
from sandbox.media.flv import FlvReader
from sandbox.media.ingest import Ingest, Unwelcome
from sandbox.media.measure import Measure
from sandbox.media.rtmp import Publish, Tag
from sandbox.media.segments import Entry, Segment, Segmenter, media_playlist, multivariant_playlist
from sandbox.media.sps import Picture, read_sps
from sandbox.media.ts import TsMuxer, id3_txxx

WINDOW = 6
FORGET = 10.0
SEGMENT = 2.0
MEASURE = 3.0
PLAYLIST = "master.m3u8"
_MEDIA = "live.m3u8"
_KEPT = 3  # segments that left the window but may still be fetched


class Ivs(Protocol):
    """What the emulated IVS knows and wants to know."""

    def find_publisher(self, endpoint_host: str, app: str, key: str) -> str:
        """The channel's ARN; raises if there is none with that endpoint and key."""
        ...

    def stream_started(
        self, arn: str, *, width: int | None = None, height: int | None = None, fps: float | None = None
    ) -> None:
        """The size of the pictures, and how many a second the stream says that there are."""
        ...

    def stream_measured(
        self,
        arn: str,
        *,
        bitrate: float | None = None,
        fps: float | None = None,
        keyframe_seconds: float | None = None,
    ) -> None:
        """What arrived lately; `Measured` says in which units."""
        ...

    def stream_ended(self, arn: str) -> None: ...


class IvsIngest:
    """The door of the RTMP server, and every channel's live HLS under `directory`."""

    def __init__(self, loop: asyncio.AbstractEventLoop, directory: Path, ivs: Ivs) -> None:
        self.rtmp = Ingest(loop, self)
        self._loop = loop
        self._directory = directory
        self._ivs = ivs
        self._channels: dict[str, _LiveChannel] = {}
        self._streams: dict[str, _Stream] = {}

    def admit(self, publish: Publish) -> str:
        host = urlsplit(publish.tc_url).hostname or ""
        try:
            return self._ivs.find_publisher(host, publish.app, publish.stream)
        except Exception as error:
            raise Unwelcome from error

    def open(self, place: str) -> "_Stream":
        if place not in self._channels:
            self._channels[place] = _LiveChannel(self._loop, self.hls_dir(place))
        stream = self._streams[place] = _Stream(self._loop, place, self._channels[place], self._ivs)
        return stream

    def insert_metadata(self, arn: str, text: str) -> None:
        """Put timed metadata beside the next picture of a channel's stream, as an ID3 TXXX frame."""
        if arn in self._streams:
            self._streams[arn].insert_metadata(text)

    def hls_dir(self, arn: str) -> Path:
        """Where the channel's playlist (`PLAYLIST`) and segments are, once it was live."""
        return self._directory / arn.rpartition("/")[2]


class _Stream:
    """One connection's stream."""

    def __init__(self, loop: asyncio.AbstractEventLoop, arn: str, channel: "_LiveChannel", ivs: Ivs) -> None:
        self._loop = loop
        self._arn = arn
        self._channel = channel
        self._ivs = ivs
        self._reader = FlvReader()
        self._muxer = TsMuxer()
        self._segmenter = Segmenter(self._muxer, SEGMENT)
        self._origin: float | None = None  # UTC at which the stream's own time was 0
        self._frame, self._last = 1 / 30, 0
        self._measure = Measure()
        self._measured = 0.0  # when it was told last
        self._watch: asyncio.TimerHandle | None = None

    def tag(self, tag: Tag) -> None:
        unit = self._reader.read(tag)
        if unit is None:
            return
        if isinstance(unit, VideoUnit):
            if self._origin is None:
                if not unit.key:
                    return
                self._origin = time.time() - unit.pts / CLOCK
                self._muxer.video, self._muxer.audio = self._reader.video, self._reader.audio
                self._channel.begin(self._muxer)
                self._start()
            self._frame, self._last = min(1.0, max(0, unit.pts - self._last) / CLOCK), unit.pts
        self._measure.add(unit, len(tag.body))
        if (segment := self._segmenter.add(unit)) is not None:
            self._keep(segment)

    def insert_metadata(self, text: str) -> None:
        self._segmenter.insert(id3_txxx(text))

    def close(self, reason: str) -> None:
        if self._origin is None:
            return
        if (segment := self._segmenter.finish(self._frame)) is not None:
            self._keep(segment)
        if self._watch is not None:
            self._watch.cancel()
        self._channel.end()
        self._ivs.stream_ended(self._arn)

    def _start(self) -> None:
        picture = self._picture()
        if picture is None:
            self._ivs.stream_started(self._arn)
        else:
            fps = None if picture.fps is None else float(picture.fps)
            self._ivs.stream_started(self._arn, width=picture.width, height=picture.height, fps=fps)
        self._measured = self._loop.time()
        self._watch = self._loop.call_later(MEASURE, self._tell)

    def _picture(self) -> Picture | None:
        """What the stream's parameter set says, if it can be read."""
        assert self._reader.video is not None
        try:
            return read_sps(self._reader.video.sps[0])
        except ValueError:
            return None

    def _tell(self) -> None:
        now = self._loop.time()
        measured = self._measure.take(now - self._measured)
        self._measured = now
        self._watch = self._loop.call_later(MEASURE, self._tell)
        self._ivs.stream_measured(
            self._arn, bitrate=measured.bitrate, fps=measured.fps, keyframe_seconds=measured.keyframe_seconds
        )

    def _keep(self, segment: Segment) -> None:
        assert self._origin is not None
        self._channel.add(segment, self._origin + segment.start / CLOCK)


class _LiveChannel:
    """The live window of one channel, over all its connections."""

    def __init__(self, loop: asyncio.AbstractEventLoop, directory: Path) -> None:
        self._loop = loop
        self._directory = directory
        self._entries: list[Entry] = []
        self._count = self._discontinuities = 0  # segments and discontinuities in all, those outside the window
        self._broken = self._ended = False
        self._multivariant: str | None = None  # what a viewer enters by, while it is not written yet
        self._forget: asyncio.TimerHandle | None = None
        directory.mkdir(parents=True, exist_ok=True)

    def begin(self, muxer: TsMuxer) -> None:
        """A connection's stream begins."""
        if self._forget is not None:
            self._forget.cancel()
        if self._ended:
            self._clear()
        self._broken = self._count > 0
        assert muxer.video is not None
        codecs = muxer.video.codec() + (",mp4a.40.2" if muxer.audio is not None else "")
        bandwidth = 8_500_000  # the most that IVS takes
        self._multivariant = multivariant_playlist([(f'BANDWIDTH={bandwidth},CODECS="{codecs}"', _MEDIA)])

    def add(self, segment: Segment, time: float) -> None:
        name = _segment_name(self._count)
        self._write(name, segment.data)
        self._entries.append(Entry(name, segment.duration, time, self._broken))
        self._count += 1
        self._broken = False
        while len(self._entries) > WINDOW:
            self._discontinuities += self._entries.pop(0).discontinuity
        (self._directory / _segment_name(self._count - WINDOW - _KEPT - 1)).unlink(missing_ok=True)
        self._publish()
        if self._multivariant is not None:
            self._write(PLAYLIST, self._multivariant.encode())
            self._multivariant = None

    def end(self) -> None:
        """The connection is gone; another may follow."""
        self._forget = self._loop.call_later(FORGET, self._close)

    def _close(self) -> None:
        self._ended = True
        self._publish()

    def _clear(self) -> None:
        """A new stream begins: nobody shall see the last one. Its numbers are not used again."""
        self._ended = False
        self._discontinuities += sum(entry.discontinuity for entry in self._entries)
        self._entries.clear()
        for old in self._directory.iterdir():
            old.unlink()

    def _publish(self) -> None:
        text = media_playlist(
            self._entries,
            sequence=self._count - len(self._entries),
            discontinuities=self._discontinuities,
            ended=self._ended,
        )
        self._write(_MEDIA, text.encode())

    def _write(self, name: str, data: bytes) -> None:
        """Readers see the old file or the new one, never half of it."""
        part = self._directory / f".{name}"
        part.write_bytes(data)
        part.replace(self._directory / name)


def _segment_name(number: int) -> str:
    return f"segment{number:06d}.ts"
