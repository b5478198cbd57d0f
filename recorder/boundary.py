"""The two ends of a recording without what lies outside its window: a cut whose first and last segments are pieces."""

from collections.abc import Callable

from msgspec.structs import replace

from recorder.errors import RecordingDamaged
from recorder.trim import trim
from showrunner.cut import Cut, Segment

FIRST, LAST = "first.ts", "last.ts"


def bounded(this: Cut, read: Callable[[str], bytes]) -> tuple[Cut, dict[str, bytes]]:
    """The cut as its pieces make it, and the pieces by the addresses that it names them by.

    `read` gives a segment by its uri. A boundary segment that lies in the window stays as it is; one of which no
    picture does is left out; a piece of before stays a piece. Raises RecordingDamaged.
    """
    kept: list[Segment] = []
    pieces: dict[str, bytes] = {}
    last, broken = len(this.segments) - 1, False
    for number, segment in enumerate(this.segments):
        data = None
        if number in (0, last) and segment.uri not in (FIRST, LAST):
            before = read(this.segments[number - 1].uri) if number else None
            after = read(this.segments[number + 1].uri) if number < last else None
            whole = read(segment.uri)
            piece = trim(whole, segment, this.start, this.end, before, after)
            if piece is None:
                continue
            if piece.data is not whole:
                data, segment = piece.data, replace(piece.segment, uri=LAST if number else FIRST)
                pieces[segment.uri] = data
        kept.append(replace(segment, discontinuity=True) if broken else segment)
        broken = data is not None
    if not kept:
        raise RecordingDamaged("The recording is shorter than a picture.")
    return Cut(tuple(kept), kept[0].start, kept[-1].end, this.gaps), pieces
