"""Which of a segment's pictures lie in a window.

A picture belongs to the window when its time, rounded to a picture's beginning, does: the window's start is inside,
its end is not. A picture's time is its segment's PROGRAM-DATE-TIME and what its time stamp is later than the first.
"""

from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from recorder.demux import CLOCK, Stored
from showrunner.cut import Segment


def frame_length(stored: Stored, segment: Segment) -> int:
    """A picture's usual length in ticks of 90 kHz."""
    if len(stored.pictures) > 1:
        return max(1, round(median(after.pts - before.pts for before, after in pairwise(stored.pictures))))
    return max(1, ticks(timedelta(seconds=segment.seconds)))


def inside(stored: Stored, segment: Segment, start: datetime | None, end: datetime | None) -> tuple[int, int]:
    """From which picture on, and up to before which, the segment lies in the window; None is far away."""
    half = frame_length(stored, segment) / 2
    times = [picture.pts - stored.pictures[0].pts for picture in stored.pictures]
    first, last = 0, len(times)
    if start is not None:
        begin = ticks(start - segment.start) - half
        first = sum(time < begin for time in times)
    if end is not None:
        until = ticks(end - segment.start) - half
        last = sum(time < until for time in times)
    return first, last


def ticks(length: timedelta) -> int:
    return round(length.total_seconds() * CLOCK)
