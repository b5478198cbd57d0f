"""Pictures as the encoder needs them: yuv420p, of a given size, from whatever a decoder or an image file gives.

A frame that came from a decoder is never written to: the decoder may still refer to it.
"""

from fractions import Fraction
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av import CodecContext
from av.video.reformatter import ColorRange

Plane = npt.NDArray[np.uint8]
_BLACK = (16, 128, 128)  # limited range
_MAGIC = {b"\x89PNG": "png", b"BM": "bmp", b"\xff\xd8": "mjpeg"}  # TGA has none


def planes(frame: av.VideoFrame) -> list[Plane]:
    """A planar 8-bit frame's planes without their padding: views, shape (height, width)."""
    return [
        np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
        for plane in frame.planes
    ]


def limited(frame: av.VideoFrame, width: int, height: int, form: str = "yuv420p") -> av.VideoFrame:
    """The frame at a size in a YUV format, its levels in the limited range that video has and images have not."""
    full = frame.color_range == ColorRange.JPEG
    levels = ColorRange.MPEG if full else None
    return frame.reformat(width, height, form, interpolation="FAST_BILINEAR", dst_color_range=levels)


def black(width: int, height: int) -> av.VideoFrame:
    """A yuv420p frame of one's own."""
    frame = av.VideoFrame(width, height, "yuv420p")
    for plane, value in zip(planes(frame), _BLACK, strict=True):
        plane[:] = value
    return frame


def solid(rgb: tuple[int, int, int], width: int, height: int) -> av.VideoFrame:
    """One colour, yuv420p."""
    frame = av.VideoFrame.from_ndarray(np.full((16, 16, 3), rgb, np.uint8), format="rgb24")
    return frame.reformat(width, height, "yuv420p")


def copy(frame: av.VideoFrame) -> av.VideoFrame:
    """A yuv420p frame that may be written to."""
    made = av.VideoFrame(frame.width, frame.height, "yuv420p")
    for to, original in zip(planes(made), planes(limited(frame, frame.width, frame.height)), strict=True):
        to[:] = original
    return made


def scaled(frame: av.VideoFrame, width: int, height: int, stretch: bool = False) -> av.VideoFrame:
    """The frame in yuv420p at the given size, with black bars where its shape differs, unless it is stretched.

    Pixels are taken as square. Bars narrower than two pixels are left out.
    """
    across, down = (width, height) if stretch else _fitted(frame.width, frame.height, width, height)
    picture = limited(frame, across, down)
    if (across, down) == (width, height):
        return picture
    boxed = black(width, height)
    for number, (to, original) in enumerate(zip(planes(boxed), planes(picture), strict=True)):
        half = 2 if number else 1
        left, top = (width - across) // 4 * 2 // half, (height - down) // 4 * 2 // half
        to[top : top + original.shape[0], left : left + original.shape[1]] = original
    return boxed


def read_image(data: bytes) -> av.VideoFrame:
    """A PNG, JPEG, BMP or TGA file as a frame. Raises ValueError if it is none of them."""
    codec = next((codec for magic, codec in _MAGIC.items() if data.startswith(magic)), "targa")
    reader: Any = CodecContext.create(codec, "r")
    try:
        frames: list[av.VideoFrame] = reader.decode(av.Packet(data)) + reader.decode(None)
    except av.FFmpegError as error:
        raise ValueError("not an image") from error
    if not frames:
        raise ValueError("not an image")
    return frames[0]


def shrunk(frame: av.VideoFrame, width: int) -> av.VideoFrame:
    """The frame as JPEG has it, `width` pixels wide."""
    height = max(2, round(frame.height * width / frame.width) // 2 * 2)
    return frame.reformat(width, height, "yuvj420p")


def jpeg(picture: av.VideoFrame) -> bytes:
    """What `shrunk` made, as a file."""
    writer: Any = CodecContext.create("mjpeg", "w")
    writer.width, writer.height, writer.pix_fmt = picture.width, picture.height, "yuvj420p"
    writer.time_base = Fraction(1, 1)
    picture.pts = 0
    return b"".join(bytes(packet) for packet in (*writer.encode(picture), *writer.encode(None)))


def _fitted(across: int, down: int, width: int, height: int) -> tuple[int, int]:
    scale = min(Fraction(width, across), Fraction(height, down))
    return _near(across * scale, width), _near(down * scale, height)


def _near(size: Fraction, whole: int) -> int:
    """An even size; the whole, if no more than bars of a pixel would be left."""
    even = round(size / 2) * 2
    return whole if whole - even <= 2 else max(2, even)
