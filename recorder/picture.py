"""A picture that stands for a film: a JPEG of a moment that is not black, when there is one."""

from collections.abc import Iterator
from fractions import Fraction
from statistics import mean, pstdev
from typing import IO

import av
from av.container import InputContainer

from recorder.errors import RecordingDamaged
from recorder.ranges import RangeReader

MAX_WIDTH = 640  # pixels
_MOMENTS = (0.1, 0.25, 0.5, 0.75, 0.9, 0.0)  # of the film, in the order in which they are looked at
_DARK, _FLAT = 28, 8  # of 255: the mean and the deviation below which a picture shows nothing
_TIME_BASE = 1e-6


def thumbnail(film: IO[bytes] | RangeReader) -> bytes:
    """The first picture that shows something: at a tenth of the film, else later; else the brightest looked at.

    `film` is readable and seekable. Raises RecordingDamaged if nothing can be decoded.
    """
    best: av.VideoFrame | None = None
    try:
        with av.open(film, "r", format="mov", metadata_errors="replace") as container:
            for frame in _looked_at(container):
                if _shows_something(frame):
                    return _jpeg(frame)
                if best is None or _brightness(frame) > _brightness(best):
                    best = frame
    except av.FFmpegError as error:
        raise RecordingDamaged(f"The recording can't be opened: {error.strerror}.") from error
    if best is None:
        raise RecordingDamaged("The recording has no picture.")
    return _jpeg(best)


def _looked_at(container: InputContainer) -> Iterator[av.VideoFrame]:
    for video in container.streams.video[:1]:
        seconds = float((video.duration or 0) * (video.time_base or 0))
        for moment in _MOMENTS:
            container.seek(round(seconds * moment / _TIME_BASE))
            for frame in container.decode(video):
                if frame.time is None or frame.time < seconds * moment - 1e-3:
                    continue
                yield frame
                break


def _shows_something(frame: av.VideoFrame) -> bool:
    values = _values(frame)
    return mean(values) > _DARK or pstdev(values) > _FLAT


def _brightness(frame: av.VideoFrame) -> float:
    return mean(_values(frame))


def _values(frame: av.VideoFrame) -> bytes:
    """The picture in small and grey, a byte a point."""
    return bytes(frame.reformat(32, 18, "gray").planes[0])


def _jpeg(frame: av.VideoFrame) -> bytes:
    width = min(MAX_WIDTH, frame.width) // 2 * 2
    height = max(2, round(frame.height * width / frame.width / 2) * 2)
    picture = frame.reformat(width, height, "yuvj420p", dst_color_range="JPEG")
    picture.pts, picture.time_base = 0, Fraction(1, 25)
    codec = av.CodecContext.create("mjpeg", "w")
    codec.width, codec.height, codec.pix_fmt = width, height, "yuvj420p"
    codec.time_base = Fraction(1, 25)
    codec.options = {"q": "4", "flags": "+qscale"}
    return b"".join(bytes(packet) for packet in (*codec.encode(picture), *codec.encode(None)))
