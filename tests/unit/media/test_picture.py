"""Pictures: their shape, their levels and the image files that they come from."""

from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest

from sandbox.media.picture import black, jpeg, planes, read_image, scaled, shrunk, solid


def image_file(codec: str, pixels: "np.typing.NDArray[np.uint8]", form: str) -> bytes:
    frame = av.VideoFrame.from_ndarray(pixels, format="rgb24" if pixels.shape[2] == 3 else "rgba")
    writer: Any = av.CodecContext.create(codec, "w")
    writer.width, writer.height, writer.pix_fmt, writer.time_base = frame.width, frame.height, form, Fraction(1, 1)
    frame = frame.reformat(format=form)
    frame.pts = 0
    return b"".join(map(bytes, writer.encode(frame) + writer.encode(None)))


def inside(frame: av.VideoFrame) -> tuple[int, int, int, int]:
    """Top, bottom, left and right of what is not black."""
    rows, columns = np.nonzero(planes(frame)[0] > 30)
    return int(rows.min()), int(rows.max()), int(columns.min()), int(columns.max())


@pytest.mark.parametrize(
    ("size", "picture"),
    [
        ((640, 360), (0, 179, 0, 319)),
        ((320, 240), (0, 179, 40, 279)),  # 4:3: bars left and right
        ((640, 160), (50, 129, 0, 319)),  # wide: bars above and below
        ((90, 160), (0, 179, 108, 209)),  # a telephone
        ((854, 480), (0, 179, 0, 319)),  # as good as 16:9
        ((16, 16), (0, 179, 70, 249)),
    ],
)
def test_shapes_are_kept(size: tuple[int, int], picture: tuple[int, int, int, int]) -> None:
    boxed = scaled(solid((255, 255, 255), *size), 320, 180)

    assert (boxed.width, boxed.height, boxed.format.name) == (320, 180, "yuv420p")
    assert inside(boxed) == picture
    assert [int(plane[0, 0]) for plane in planes(boxed)[1:]] == [128, 128]


def test_or_stretched() -> None:
    assert inside(scaled(solid((255, 255, 255), 90, 160), 320, 180, stretch=True)) == (0, 179, 0, 319)


def test_a_colour_stays_itself_between_the_bars() -> None:
    boxed = scaled(solid((200, 40, 40), 320, 240), 320, 180)

    levels = [int(plane[90 // half, 160 // half]) for plane, half in zip(planes(boxed), (1, 2, 2), strict=True)]
    assert levels == [pytest.approx(level, abs=2) for level in (91, 104, 198)]  # BT.601


@pytest.mark.parametrize(
    ("codec", "form"), [("png", "rgba"), ("bmp", "bgra"), ("targa", "bgra"), ("mjpeg", "yuvj420p"), ("png", "rgb24")]
)
def test_image_files(codec: str, form: str) -> None:
    pixels = np.full((20, 30, 4), 255, np.uint8)
    pixels[:, 15:, 3] = 100

    image = read_image(image_file(codec, pixels, form))

    assert (image.width, image.height) == (30, 20)
    white = planes(scaled(image, 30, 20))[0]
    assert white.max() == white.min() == 235  # whatever levels the file has
    if form in ("rgba", "bgra"):
        assert {int(alpha) for alpha in np.unique(image.to_ndarray(format="rgba")[..., 3])} == {100, 255}


@pytest.mark.parametrize("data", [b"", b"<html>not found</html>", b"\x89PNG and no more", b"\xff\xd8\xff"])
def test_what_is_no_image(data: bytes) -> None:
    with pytest.raises(ValueError, match="not an image"):
        read_image(data)


def test_thumbnails() -> None:
    small = read_image(jpeg(shrunk(solid((200, 40, 40), 640, 360), 480)))

    assert (small.width, small.height) == (480, 270)
    red, green, blue = small.to_ndarray(format="rgb24")[100, 200]
    assert (red > 180, green < 60, blue < 60) == (True, True, True)
    assert planes(black(4, 4))[0].max() == 16
