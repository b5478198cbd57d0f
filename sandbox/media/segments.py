"""Cutting a stream into segments that each begin with a key picture, and the playlists that name them.

Sans-IO: access units go in, finished segments come out; where they are kept is the owner's affair.
HLS: RFC 8216.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sandbox.media.bitstream import CLOCK, AudioUnit, VideoUnit
from sandbox.media.ts import TsMuxer


@dataclass(frozen=True, slots=True)
class Segment:
    """`start` in 90 kHz ticks of the stream's own time, `duration` in seconds."""

    data: bytes
    start: int
    duration: float


class Segmenter:
    """Begins a segment at the first key picture that comes `length` seconds or more after the last cut.

    `tag`, an ID3 tag, goes into each segment that begins while it is set; `insert` puts one beside the next picture.
    """

    def __init__(self, muxer: TsMuxer, length: float) -> None:
        self.tag: bytes | None = None
        self._muxer = muxer
        self._length = round(length * CLOCK)
        self._slack = CLOCK // 20  # a key picture may come a frame early
        self._parts: list[bytes] = []
        self._start = self._end = 0
        self._inserted: deque[bytes] = deque()

    def insert(self, id3: bytes) -> None:
        """Put an ID3 tag beside the next picture; may come from any thread."""
        self._inserted.append(id3)

    def add(self, unit: VideoUnit | AudioUnit) -> Segment | None:
        """Take a unit; the segment that it ends, if it does. What comes before the first key is dropped."""
        finished = None
        if isinstance(unit, VideoUnit):
            due = not self._parts or unit.pts - self._start >= self._length - self._slack
            if unit.key and due:
                finished = self._cut(unit.pts)
                self._begin(unit.pts)
            self._end = max(self._end, unit.pts)
            while self._parts and self._inserted:
                self._parts.append(self._muxer.write_id3(unit.pts, self._inserted.popleft()))
        if self._parts:
            self._parts.append(self._muxer.write(unit))
        return finished

    def finish(self, frame: float) -> Segment | None:
        """The last segment; `frame` is the duration of a picture in seconds."""
        return self._cut(self._end + round(frame * CLOCK))

    def _begin(self, start: int) -> None:
        self._start = self._end = start
        self._parts = [self._muxer.tables()]
        if self.tag is not None:
            self._parts.append(self._muxer.write_id3(start, self.tag))

    def _cut(self, end: int) -> Segment | None:
        if not self._parts:
            return None
        segment = Segment(b"".join(self._parts), self._start, (end - self._start) / CLOCK)
        self._parts = []
        return segment


@dataclass(frozen=True, slots=True)
class Entry:
    """A segment as a playlist names it; `time` is the UTC of its first picture in seconds, if it is told."""

    name: str
    duration: float
    time: float | None = None
    discontinuity: bool = False


def media_playlist(
    entries: Sequence[Entry],
    *,
    kind: str | None = None,
    sequence: int = 0,
    discontinuities: int | None = None,
    ended: bool = False,
    target: float = 2.0,
    whole_seconds: bool = False,
) -> str:
    """A media playlist. `kind` is EXT-X-PLAYLIST-TYPE, `discontinuities` how many have left a live window."""
    longest = max([target, *(entry.duration for entry in entries)])
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", f"#EXT-X-TARGETDURATION:{round(longest)}"]
    lines.append(f"#EXT-X-MEDIA-SEQUENCE:{sequence}")
    if discontinuities is not None:
        lines.append(f"#EXT-X-DISCONTINUITY-SEQUENCE:{discontinuities}")
    if kind is not None:
        lines.append(f"#EXT-X-PLAYLIST-TYPE:{kind}")
    lines.append("#EXT-X-INDEPENDENT-SEGMENTS")
    for entry in entries:
        if entry.discontinuity:
            lines.append("#EXT-X-DISCONTINUITY")
        if entry.time is not None:
            lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{iso_utc(entry.time)}")
        duration = f"{entry.duration:.0f}" if whole_seconds else f"{entry.duration:.5f}"
        lines += [f"#EXTINF:{duration},", entry.name]
    if ended:
        lines.append("#EXT-X-ENDLIST")
    return "\n".join(lines) + "\n"


def multivariant_playlist(variants: Sequence[tuple[str, str]]) -> str:
    """`variants`: the attributes of EXT-X-STREAM-INF and the media playlist's name."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for attributes, name in variants:
        lines += [f"#EXT-X-STREAM-INF:{attributes}", name]
    return "\n".join(lines) + "\n"


def iso_utc(seconds: float) -> str:
    """ISO 8601 with milliseconds and Z."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
