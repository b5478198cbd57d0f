"""How quickly a window becomes a film: `python -m benchmarks.recorder [HOURS]`, half an hour if not told.

Segments of 2 s of 720p at 5 Mbit/s, in memory, copied by one thread into a sink that only counts: what is left is the
work of one core. Then a minute of it is checked, a picture taken, and a boundary segment trimmed. Goal for 6 hours
(10,800 segments, 13.5 GB): well below the 15 minutes of a Lambda.
"""

import io
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import TypeVar

import av
import numpy as np

from recorder.checks import check
from recorder.mp4 import write_mp4
from recorder.picture import thumbnail
from recorder.trim import trim
from showrunner.cut import Segment, cut

BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)
SEGMENT_SECONDS, RATE, SAMPLE_RATE = 2, 30, 48_000

T = TypeVar("T")


class Counter:
    """A sink; with `keep` it keeps the film."""

    def __init__(self, keep: bool = False) -> None:
        self.size = 0
        self.head = b""
        self.parts: list[bytes] = []
        self._keep = keep

    def write(self, data: bytes) -> None:
        self.size += len(data)
        if self._keep:
            self.parts.append(data)

    def first(self, data: bytes) -> None:
        self.head = data


def segment(mbit: float = 5.0) -> bytes:
    """Noise, so that the encoder needs all of its bit rate."""
    random = np.random.default_rng(5)
    file = io.BytesIO()
    with av.open(file, "w", format="mpegts") as container:
        options = {"preset": "ultrafast", "tune": "zerolatency", "g": "60", "sc_threshold": "0", "threads": "1"}
        video = container.add_stream("libx264", rate=RATE, options=options)
        video.width, video.height, video.pix_fmt, video.bit_rate = 1280, 720, "yuv420p", round(mbit * 1e6)
        audio = container.add_stream("aac", rate=SAMPLE_RATE, layout="stereo")
        for number in range(SEGMENT_SECONDS * RATE):
            image = random.integers(0, 255, (45, 80, 3), np.uint8).repeat(16, 0).repeat(16, 1)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(video.encode(frame))
        for number in range(SEGMENT_SECONDS * SAMPLE_RATE // 1024):
            noise = random.normal(0, 0.1, (2, 1024)).astype(np.float32)
            sound = av.AudioFrame.from_ndarray(noise, format="fltp", layout="stereo")
            sound.sample_rate, sound.pts, sound.time_base = SAMPLE_RATE, number * 1024, Fraction(1, SAMPLE_RATE)
            container.mux(audio.encode(sound))
        container.mux(video.encode(None))
        container.mux(audio.encode(None))
    return file.getvalue()


def timed(work: Callable[[], T]) -> tuple[T, float]:
    begin = time.process_time()
    return work(), time.process_time() - begin


def main(hours: float) -> None:
    data = segment()
    length = timedelta(seconds=SEGMENT_SECONDS)
    stored = [Segment(f"{n}.ts", BEGIN + n * length, SEGMENT_SECONDS) for n in range(round(hours * 1800))]
    begin = BEGIN + timedelta(seconds=0.7)

    sink = Counter()
    film, seconds = timed(lambda: write_mp4(cut(stored, begin, stored[-1].end), lambda _: data, sink))
    speed = film.seconds / seconds
    print(f"segments: {len(data) * 8 / SEGMENT_SECONDS / 1e6:.1f} Mbit/s, {hours:g} h of them")
    print(f"copy: {seconds:.1f} s of a core, {film.size / seconds / 1e6:.0f} MB/s, {speed:.0f} times real time")
    print(f"      {len(sink.head) / 1e6:.1f} MB reserved for the index, first: {film.index_first}")
    print(f"      so 6 h take {6 * 3600 / speed:.0f} s")

    kept = Counter(keep=True)
    film = write_mp4(cut(stored, begin, begin + timedelta(minutes=1)), lambda _: data, kept)
    whole = kept.head + b"".join(kept.parts)
    print(f"check of a minute: {timed(lambda: check(io.BytesIO(whole), film.seconds, film.frame))[1]:.2f} s")
    print(f"picture: {timed(lambda: thumbnail(io.BytesIO(whole)))[1]:.2f} s")
    print(f"trim of a segment: {timed(lambda: trim(data, stored[0], begin, stored[-1].end))[1]:.2f} s")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 0.5)
