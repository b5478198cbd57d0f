"""Test pictures that tell who they are: made here, and recognised wherever they arrive.

Each card has one colour and one tone. Sixteen blocks along the top edge count the pictures (white is 1, the
highest bit left); a patch at the bottom left flashes for 0.1 s each second, and the tone is loud as long.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 48_000
COUNTER_BITS = 16
_ROWS, _COLUMNS = 9, 16
_FLASH_SECONDS = 0.1
_QUIET, _LOUD = 0.1, 0.8
_SILENCE = 10 ** (-60 / 20)

Rgb = tuple[int, int, int]
Samples = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Card:
    """`tone` in Hz."""

    color: Rgb
    tone: int


CARDS: Mapping[str, Card] = {
    "host": Card((200, 40, 40), 440),
    "callers": Card((40, 180, 60), 880),
    "tracklist": Card((40, 70, 210), 1320),
}
_PLAIN: Mapping[str, Rgb] = {"black": (0, 0, 0), "white": (255, 255, 255)}


def picture(card: Card, number: int, width: int, height: int, flash: bool) -> npt.NDArray[np.uint8]:
    """RGB, shape (height, width, 3)."""
    image = np.empty((height, width, 3), np.uint8)
    image[:] = card.color
    row, column = height // _ROWS, width // _COLUMNS
    for bit in range(COUNTER_BITS):
        white = number >> (COUNTER_BITS - 1 - bit) & 1
        image[:row, bit * column : (bit + 1) * column] = 255 * white
    image[-2 * row :, : 4 * column] = 255 * flash
    return image


def write_clip(path: Path, name: str, seconds: int, width: int = 640, height: int = 360, rate: int = 30) -> None:
    """A clip of the card, H.264 and AAC, a key picture each second; the container by the path's suffix."""
    card = CARDS[name]
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=rate)
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        video.options = {"preset": "ultrafast", "tune": "zerolatency", "g": str(rate), "sc_threshold": "0"}
        audio = container.add_stream("aac", rate=SAMPLE_RATE, layout="stereo")
        fifo = av.AudioFifo()
        for number in range(seconds * rate):
            flash = number % rate < rate * _FLASH_SECONDS
            image = picture(card, number % (1 << COUNTER_BITS), width, height, flash)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            container.mux(video.encode(frame))
            fifo.write(_tone(card.tone, number * SAMPLE_RATE // rate, SAMPLE_RATE // rate, flash))
            for block in fifo.read_many(1024):
                container.mux(audio.encode(block))
        if (rest := fifo.read()) is not None:
            container.mux(audio.encode(rest))
        container.mux(video.encode(None))
        container.mux(audio.encode(None))


def color_of(frame: av.VideoFrame, others: Mapping[str, Rgb] = _PLAIN) -> str:
    """The card (or the one of `others`) whose colour the middle of the frame comes nearest to."""
    luma, blue, red = (float(_middle(_plane(frame, plane)).mean()) for plane in range(3))
    seen = np.array((luma, blue, red))
    colors = {name: card.color for name, card in CARDS.items()} | dict(others)
    return min(colors, key=lambda name: float(np.abs(_yuv(colors[name]) - seen).sum()))


def counter_of(frame: av.VideoFrame) -> int:
    """The picture's number modulo 2**16."""
    luma = _plane(frame, 0)
    row, column = luma.shape[0] / _ROWS, luma.shape[1] / _COLUMNS
    strip = luma[int(row * 0.3) : int(row * 0.7)]
    value = 0
    for bit in range(COUNTER_BITS):
        block = strip[:, int((bit + 0.3) * column) : int((bit + 0.7) * column)]
        value = value << 1 | int(block.mean() > 125)
    return value


def flashes(frame: av.VideoFrame) -> bool:
    luma = _plane(frame, 0)
    row, column = luma.shape[0] / _ROWS, luma.shape[1] / _COLUMNS
    return bool(luma[int(-1.6 * row) : int(-0.4 * row), int(column) : int(3 * column)].mean() > 125)


def tone_of(samples: Samples, sample_rate: int = SAMPLE_RATE) -> str:
    """The card whose tone carries most of the sound, or 'silence'. `samples`: one channel, 20 ms or more."""
    if float(np.sqrt(np.mean(np.square(samples)))) < _SILENCE:
        return "silence"
    return max(CARDS, key=lambda name: _goertzel(samples, CARDS[name].tone, sample_rate))


def _goertzel(samples: Samples, frequency: float, sample_rate: int) -> float:
    """The power at one frequency."""
    phase = 2j * np.pi * frequency * np.arange(len(samples)) / sample_rate
    return float(abs(np.dot(samples, np.exp(-phase))) ** 2)


def _tone(frequency: int, position: int, count: int, loud: bool) -> av.AudioFrame:
    time = np.arange(position, position + count) / SAMPLE_RATE
    wave = np.sin(2 * np.pi * frequency * time) * (_LOUD if loud else _QUIET)
    frame = av.AudioFrame.from_ndarray(np.stack((wave, wave)).astype(np.float32), format="fltp", layout="stereo")
    frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, position, Fraction(1, SAMPLE_RATE)
    return frame


def _plane(frame: av.VideoFrame, number: int) -> npt.NDArray[np.uint8]:
    """A plane of a yuv420p frame without its padding."""
    plane = frame.planes[number]
    data: npt.NDArray[np.uint8] = np.frombuffer(memoryview(plane), np.uint8)
    return data.reshape(plane.height, plane.line_size)[:, : plane.width]


def _middle(plane: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    height, width = plane.shape
    return plane[height // 3 : height // 2, width // 3 : 2 * width // 3]


def _yuv(rgb: Rgb) -> npt.NDArray[np.float64]:
    """BT.601, limited range."""
    red, green, blue = rgb
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    return np.array(
        (
            16 + luma * 219 / 255,
            128 + (blue - luma) / 1.772 * 224 / 255,
            128 + (red - luma) / 1.402 * 224 / 255,
        )
    )
