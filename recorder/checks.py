"""Is a film what it should be? Looked at as a player does, in a few places.

A film is good when its duration is what was recorded, within one picture, and the first and the last second and the
first of each minute decode without an error, with picture and, if it has any, sound.
"""

from typing import IO

import av
from av.container import InputContainer

from recorder.errors import RecordingDamaged
from recorder.ranges import RangeReader
from showrunner.cut import SLACK

_EVERY = 60.0
_LOOK = 1.0
_ROUNDING = 0.002  # dates and boxes round to milliseconds and ticks
_TIME_BASE = 1e-6  # of a container's seek


def check(file: IO[bytes] | RangeReader, seconds: float, frame: float, sound: bool = True) -> float:
    """Look at a film, `file` readable and seekable (`recorder.ranges`). Returns its duration in seconds.

    `seconds` is how long it should play (`Cut.seconds`), `frame` how long a picture is (`Film.frame`), `sound` whether
    it should have any. Raises RecordingDamaged, whose `details` have what was `found` and `expected`, or `at` which
    second.
    """
    try:
        with av.open(file, "r", format="mov", metadata_errors="replace") as container:
            _has(container, sound)
            for stream in (*container.streams.video[:1], *container.streams.audio[:1]):
                if stream.codec_context is not None:
                    stream.codec_context.options = {"err_detect": "explode"}
            found = _duration(container)
            if found <= 0:
                raise RecordingDamaged("The recording is 0 seconds long.", found=found, expected=seconds)
            if abs(found - seconds) > frame + _ROUNDING:
                message = f"The recording is {found:.3f} s long; {seconds:.3f} s were recorded."
                raise RecordingDamaged(message, found=found, expected=seconds)
            for at in _places(found):
                _look(container, at, min(_LOOK, found - at), frame)
            return found
    except av.FFmpegError as error:
        raise RecordingDamaged(f"The recording can't be opened: {error.strerror}.") from error


def _has(container: InputContainer, sound: bool) -> None:
    if not any(stream.codec_context for stream in container.streams.video[:1]):
        raise RecordingDamaged("The recording has no picture.")
    if sound and not any(stream.codec_context for stream in container.streams.audio[:1]):
        raise RecordingDamaged("The recording has no sound.")


def _duration(container: InputContainer) -> float:
    video = container.streams.video[0]
    return float((video.duration or 0) * (video.time_base or 0))


def _places(seconds: float) -> list[float]:
    """Where to look: the first second of each minute, and the last."""
    minutes = [number * _EVERY for number in range(int(seconds // _EVERY) + 1)]
    last = max(0.0, seconds - _LOOK)
    return sorted({*(at for at in minutes if at < last), last})


def _look(container: InputContainer, at: float, seconds: float, frame: float) -> None:
    """Decode from `at` on; the pictures must come without an error, and none may be missing before the first."""
    shown: list[float] = []
    container.seek(round(at / _TIME_BASE))
    try:
        for packet in container.demux(*container.streams.video[:1], *container.streams.audio[:1]):
            for decoded in packet.decode():
                if not isinstance(decoded, av.VideoFrame) or decoded.time is None or decoded.time < at - frame / 2:
                    continue
                if decoded.is_corrupt:
                    raise RecordingDamaged(f"The picture at {decoded.time:.3f} s is damaged.", at=decoded.time)
                shown.append(decoded.time)
            if shown and shown[-1] >= at + seconds - frame:
                break
    except av.FFmpegError as error:
        raise RecordingDamaged(f"The second from {at:.3f} s on does not decode: {error.strerror}.", at=at) from error
    if not shown or shown[0] > at + frame + SLACK:
        raise RecordingDamaged(f"There is no picture at {at:.3f} s.", at=at)
