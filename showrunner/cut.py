"""The cut: which part of a stored HLS playlist a recording's window is, exactly.

MediaLive can't start or stop one output, so the HLS output stores the whole show, and a recording is an
interval of PROGRAM-DATE-TIME. Pure: text and times in, text and numbers out. Times are aware datetimes in
UTC, lengths are seconds.
"""

import itertools
import re
from collections.abc import Callable, Container, Iterator
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from showrunner.errors import ShowrunnerError
from showrunner.session import isotime

_OF_SEGMENT = ("#EXTINF:", "#EXT-X-PROGRAM-DATE-TIME:", "#EXT-X-DISCONTINUITY")
_BREAK, _END = "#EXT-X-DISCONTINUITY", "#EXT-X-ENDLIST"
SLACK = 0.1  # between two segments' times; more is a gap (MediaLive re-synchronises its clock beyond 500 ms)


class NothingStored(ShowrunnerError):
    """No stored picture lies in the window."""


class Segment(Struct, frozen=True):
    """A stored segment: its address as the playlist has it, its first picture's time, and its length."""

    uri: str
    start: datetime
    seconds: float
    discontinuity: bool = False

    @property
    def end(self) -> datetime:
        return self.start + timedelta(seconds=self.seconds)


class Gap(Struct, frozen=True):
    """A part of the window of which nothing was stored: the channel restarted, crashed, or was not on air."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        return (self.end - self.start).total_seconds()


class Cut(Struct, frozen=True):
    """`start` and `end` are the window's, moved to what is stored; the first segment may begin before."""

    segments: tuple[Segment, ...]
    start: datetime
    end: datetime
    gaps: tuple[Gap, ...]

    @property
    def offset(self) -> float:
        """Seconds of the first segment that lie before the window."""
        return (self.start - self.segments[0].start).total_seconds()

    @property
    def seconds(self) -> float:
        """How long it plays: the window without its gaps, and with what was stored twice of a moment.

        MediaLive sets its clock right once it is more than half a second wrong: the pictures go on, and their dates
        jump.
        """
        jumps = (seconds for _, _, seconds in _pauses(self.segments) if abs(seconds) > SLACK)
        return (self.end - self.start).total_seconds() - sum(jumps)


def segments(playlist: str) -> list[Segment]:
    """The segments of a media playlist as MediaLive writes it, with a PROGRAM-DATE-TIME before each."""
    found: list[Segment] = []
    start: datetime | None = None
    seconds, discontinuity = 0.0, False
    for line in playlist.splitlines():
        if line.startswith("#EXT-X-PROGRAM-DATE-TIME:"):
            start = datetime.fromisoformat(line.partition(":")[2]).astimezone(UTC)
        elif line.startswith("#EXTINF:"):
            seconds = float(line.partition(":")[2].partition(",")[0])
        elif line == _BREAK:
            discontinuity = True
        elif line and not line.startswith("#"):
            if start is None:  # a period longer than a segment: time goes on from the one before
                start = found[-1].end
            found.append(Segment(line, start, seconds, discontinuity))
            start, discontinuity = None, False
    return found


def is_complete(playlist: str) -> bool:
    """Whether nothing will be added to it."""
    return _END in playlist.splitlines()


def media_playlists(master: str) -> list[str]:
    """The media playlists that a master playlist names."""
    return [line for line in master.splitlines() if line and not line.startswith("#")]


def reaches(stored: list[Segment], moment: datetime) -> bool:
    """Whether a segment that covers `moment`, or a later one, is stored."""
    return bool(stored) and stored[-1].end >= moment


def cut(stored: list[Segment], start: datetime, end: datetime) -> Cut:
    """The part of `stored` between two moments. Raises NothingStored."""
    inside = tuple(s for s in stored if s.end > start and s.start < end)
    if not inside:
        raise NothingStored("Nothing was stored while this recording ran: the channel was not on air.")
    first, last = max(start, inside[0].start), min(end, inside[-1].end)
    between = (Gap(before.end, after.start) for before, after, _ in _pauses(inside))
    gaps = (Gap(start, first), *between, Gap(last, end))
    return Cut(inside, first, last, tuple(gap for gap in gaps if gap.seconds > SLACK))


def _pauses(inside: tuple[Segment, ...]) -> Iterator[tuple[Segment, Segment, float]]:
    """Two segments after each other, and the seconds between their times."""
    for before, after in itertools.pairwise(inside):
        yield before, after, (after.start - before.end).total_seconds()


def cut_of(playlist: str, end: datetime) -> Cut:
    """The cut that `playlist_of` wrote down, of a window that ended at `end`."""
    inside = segments(playlist)
    (line,) = [line for line in playlist.splitlines() if line.startswith("#EXT-X-START:")]
    offset = float(line.partition("TIME-OFFSET=")[2].partition(",")[0])
    return cut(inside, inside[0].start + timedelta(seconds=offset), end)


def playlist_of(this: Cut, address: Callable[[str], str]) -> str:
    """A VOD media playlist of the cut that begins exactly at its start; `address` is where a segment is played from."""
    longest = max(segment.seconds for segment in this.segments)
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:6",
        f"#EXT-X-TARGETDURATION:{max(1, round(longest))}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f"#EXT-X-START:TIME-OFFSET={this.offset:.3f},PRECISE=YES",
    ]
    for number, segment in enumerate(this.segments):
        if segment.discontinuity and number:
            lines.append(_BREAK)
        lines += [f"#EXT-X-PROGRAM-DATE-TIME:{isotime(segment.start)}", f"#EXTINF:{segment.seconds:.5f},"]
        lines.append(address(segment.uri))
    return "\n".join([*lines, _END, ""])


def tag_of(recording_ids: list[str]) -> str:
    """What HlsId3SegmentTagging writes into the segments: all recordings that are open; empty ends the tagging."""
    return re.sub(r"\s+", "", f"showrunner:{','.join(recording_ids)}") if recording_ids else ""


def only(playlist: str, kept: Container[str]) -> str:
    """The media playlist without the segments that are not `kept`, complete; a break is where some were left out."""
    head, about, broken = [], [], False
    lines: list[str] = []
    for line in playlist.splitlines():
        if line.startswith(_OF_SEGMENT):
            about.append(line)
        elif line.startswith("#") or not line:
            head += [] if lines or about or line == _END else [line]
        else:
            if line in kept:
                lines += [_BREAK] if broken and lines and _BREAK not in about else []
                lines += [*about, line]
            broken = line not in kept
            about = []
    return "\n".join([*head, *lines, _END, ""])
