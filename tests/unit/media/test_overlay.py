"""Overlays: their life, their layers and where they lie."""

import math

import av
import numpy as np
import pytest

from sandbox.media.overlay import Overlay, Overlays, Placed
from sandbox.media.picture import black, planes

WHITE, BLACK = 235, 16


def square(size: int, shade: int = 255, alpha: int = 255) -> av.VideoFrame:
    pixels = np.full((size, size, 4), shade, np.uint8)
    pixels[..., 3] = alpha
    return av.VideoFrame.from_ndarray(pixels, format="rgba")


def placed(image: av.VideoFrame, **settings: int) -> Placed:
    return Placed.of(image, settings)


def luma(frame: av.VideoFrame, x: int, y: int) -> int:
    return int(planes(frame)[0][y, x])


@pytest.mark.parametrize(
    ("time", "opacity"),
    [(9.9, 0.0), (10.0, 0.0), (10.5, 0.4), (11.0, 0.8), (14.9, 0.8), (15.0, 0.8), (16.0, 0.4), (17.0, 0.0), (99, 0.0)],
)
def test_it_fades_in_stays_and_fades_out(time: float, opacity: float) -> None:
    overlay = Overlay(placed(square(4)), opacity=0.8, start=10.0, fade_in=1.0, end=15.0, fade_out=2.0)

    assert overlay.opacity_at(time) == pytest.approx(opacity)
    assert overlay.over(time) is (time >= 17.0)


def test_without_fading() -> None:
    overlay = Overlay(placed(square(4)), opacity=1.0, start=10.0)

    assert [overlay.opacity_at(time) for time in (9.99, 10.0, 1e9)] == [0.0, 1.0, 1.0]
    assert overlay.end == math.inf


def test_a_picture_without_overlays_is_left_as_it_is() -> None:
    overlays, frame = Overlays(), black(32, 32)
    overlays.activate({"Duration": 1000}, placed(square(4)), 5.0)

    assert overlays.onto(frame, 4.9) is frame
    assert overlays.onto(frame, 5.5) is not frame
    assert overlays.onto(frame, 6.0) is frame


def test_where_it_lies() -> None:
    overlays, frame = Overlays(), black(32, 32)
    overlays.activate({}, placed(square(8), ImageX=4, ImageY=21), 0.0)

    shown = overlays.onto(frame, 0.0)

    rows, columns = np.nonzero(planes(shown)[0] == WHITE)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (20, 27, 4, 11)
    assert luma(frame, 5, 22) == BLACK


def test_it_is_scaled_and_cropped_at_the_right_and_below() -> None:
    overlays = Overlays()
    overlays.activate({}, placed(square(8), Width=20, Height=40, ImageX=24, ImageY=16), 0.0)

    shown = overlays.onto(black(32, 32), 0.0)

    rows, columns = np.nonzero(planes(shown)[0] > 200)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (16, 31, 24, 31)
    outside = Overlays()
    outside.activate({}, placed(square(8), ImageX=40, ImageY=40), 0.0)
    assert (planes(outside.onto(black(32, 32), 0.0))[0] == BLACK).all()


def test_odd_sizes_and_half_transparent() -> None:
    overlays = Overlays()
    overlays.activate({"Opacity": 50}, placed(square(7, alpha=128)), 0.0)

    shown = overlays.onto(black(32, 32), 0.0)

    assert luma(shown, 3, 3) == pytest.approx(BLACK + (WHITE - BLACK) / 4, abs=3)


def test_higher_layers_lie_above_and_a_layer_holds_one_image() -> None:
    overlays = Overlays()
    overlays.activate({"Layer": 3}, placed(square(8, shade=0)), 0.0)
    overlays.activate({"Layer": 1}, placed(square(16)), 0.0)
    shown = overlays.onto(black(32, 32), 0.0)
    assert (luma(shown, 2, 2), luma(shown, 12, 12)) == (BLACK, WHITE)

    overlays.activate({"Layer": 3}, placed(square(4, shade=0)), 1.0)
    assert luma(overlays.onto(black(32, 32), 1.0), 6, 6) == WHITE


def test_deactivated_while_it_fades_in() -> None:
    overlays = Overlays()
    overlays.activate({"FadeIn": 1000}, placed(square(8)), 0.0)
    overlays.deactivate({"FadeOut": 1000}, 0.5)
    overlays.deactivate({"Layer": 5}, 0.5)  # holds nothing

    seen = [luma(overlays.onto(black(32, 32), time), 2, 2) for time in (0.5, 1.0, 1.49, 1.5)]

    assert seen == [pytest.approx(BLACK + share * (WHITE - BLACK), abs=2) for share in (0.5, 0.25, 0.0, 0.0)]
