"""The slate that a deployment puts into the media bucket: what is on air when nobody is.

Eight seconds that loop without a seam: at 30 pictures a second and 48,000 samples, pictures and AAC frames end
together. A dark picture with a bar that breathes, so that a viewer sees that the stream goes on; two channels of
silence. MediaLive scales it to each profile.
"""

import hashlib
import os
from fractions import Fraction
from math import cos, tau
from pathlib import Path

import av

from infra.package import BUILD

SECONDS = 8
COLOR = (21, 55, 71)  # RGB: a dark blue
_YUV = (56, 140, 112)  # the same, BT.601
_WIDTH, _HEIGHT, _RATE = 1280, 720, 30
_SAMPLE_RATE, _FRAME = 48_000, 1024
_BRIGHTEST = 150
_BREATHS = 2


def slate() -> bytes:
    """An MP4, H.264 and AAC. It is drawn once, and kept in build/."""
    path = BUILD / f"slate-{hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:16]}.mp4"
    if not path.exists():
        BUILD.mkdir(exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}.partial")
        draw(partial)
        partial.replace(path)
    return path.read_bytes()


def draw(path: Path) -> None:
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as container:
        video = container.add_stream("libx264", rate=_RATE)
        video.width, video.height, video.pix_fmt = _WIDTH, _HEIGHT, "yuv420p"
        video.options = {"preset": "veryfast", "g": str(2 * _RATE), "bf": "0", "crf": "20"}
        audio = container.add_stream("aac", rate=_SAMPLE_RATE, layout="stereo")
        for number in range(SECONDS * _RATE):
            container.mux(video.encode(_picture(number)))
        for number in range(SECONDS * _SAMPLE_RATE // _FRAME):
            container.mux(audio.encode(_silence(number * _FRAME)))
        container.mux(video.encode(None))
        container.mux(audio.encode(None))


def _picture(number: int) -> av.VideoFrame:
    frame = av.VideoFrame(_WIDTH, _HEIGHT, "yuv420p")
    for plane, value in zip(frame.planes, _YUV, strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    breath = (1 - cos(tau * _BREATHS * number / (SECONDS * _RATE))) / 2
    luma = frame.planes[0]
    rows = bytearray(luma)
    for row in range(_HEIGHT * 5 // 6, _HEIGHT * 5 // 6 + _HEIGHT // 60):
        first = row * luma.line_size + _WIDTH * 3 // 8
        rows[first : first + _WIDTH // 4] = bytes([round(_YUV[0] + (_BRIGHTEST - _YUV[0]) * breath)]) * (_WIDTH // 4)
    luma.update(bytes(rows))
    frame.pts, frame.time_base = number, Fraction(1, _RATE)
    return frame


def _silence(position: int) -> av.AudioFrame:
    frame = av.AudioFrame("fltp", "stereo", _FRAME)
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    frame.sample_rate, frame.pts, frame.time_base = _SAMPLE_RATE, position, Fraction(1, _SAMPLE_RATE)
    return frame
