from pathlib import Path

import av
import numpy as np
import pytest

from sandbox.media.testcard import CARDS, SAMPLE_RATE, color_of, counter_of, flashes, picture, tone_of, write_clip
from sandbox.media.viewer import watch


def frame(name: str, number: int = 0, flash: bool = False) -> av.VideoFrame:
    image = picture(CARDS[name], number, 320, 180, flash)
    return av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format="yuv420p")


@pytest.mark.parametrize("name", CARDS)
def test_cards_are_told_apart(name: str) -> None:
    wave = np.sin(2 * np.pi * CARDS[name].tone * np.arange(4_800) / SAMPLE_RATE).astype(np.float32)

    assert color_of(frame(name)) == name
    assert tone_of(wave * 0.1) == name


def test_black_and_silence_are_no_card() -> None:
    black = av.VideoFrame.from_ndarray(np.zeros((180, 320, 3), np.uint8), format="rgb24")

    assert color_of(black.reformat(format="yuv420p")) == "black"
    assert tone_of(np.zeros(4_800, np.float32)) == "silence"


@pytest.mark.parametrize("number", [0, 1, 0x5A5A, 0xFFFF])
def test_the_counter_is_read_back(number: int) -> None:
    assert counter_of(frame("host", number)) == number


@pytest.mark.parametrize("flash", [True, False])
def test_the_flash_is_seen(flash: bool) -> None:
    assert flashes(frame("host", flash=flash)) is flash


def test_a_clip_is_what_a_viewer_sees(tmp_path: Path) -> None:
    path = tmp_path / "callers.mp4"
    write_clip(path, "callers", seconds=1, width=160, height=90)

    viewing = watch(str(path))

    assert viewing.is_card("callers")
    assert not viewing.is_card("host")
    assert [seen.counter for seen in viewing.pictures] == list(range(30))
    assert len(viewing.sound) == pytest.approx(SAMPLE_RATE, abs=1_100)
