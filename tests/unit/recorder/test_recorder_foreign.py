"""Segments as another encoder writes them: FFmpeg's HLS, High profile, 29.97 pictures a second, 44.1 kHz."""

from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from msgspec.structs import replace

from recorder.demux import demux
from recorder.errors import RecordingDamaged
from recorder.trim import trim
from sandbox.media.testcard import CARDS, picture
from showrunner.cut import Segment, cut
from tests.unit.recorder.material import BEGIN, Show, make, play

RATE = Fraction(30_000, 1_001)
SAMPLE_RATE = 44_100
PICTURES = 200


def hls(directory: Path, bframes: int = 0, rate: Fraction = RATE) -> Show:
    with av.open(str(directory / "a.m3u8"), "w", format="hls", options={"hls_time": "2", "hls_list_size": "0"}) as made:
        options = {"preset": "veryfast", "g": "60", "sc_threshold": "0", "bf": str(bframes), "profile": "high"}
        video = made.add_stream("libx264", rate=rate, options=options)
        video.width, video.height, video.pix_fmt = 320, 180, "yuv420p"
        audio = made.add_stream("aac", rate=SAMPLE_RATE, layout="stereo")
        fifo = av.AudioFifo()
        for number in range(PICTURES):
            flash = number % 30 < 3
            image = picture(CARDS["host"], number, 320, 180, flash)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = number, 1 / rate
            made.mux(video.encode(frame))
            first, last = (round(n / rate * SAMPLE_RATE) for n in (number, number + 1))
            wave = np.sin(np.arange(first, last) * 2 * np.pi * 440 / SAMPLE_RATE) * (0.8 if flash else 0.1)
            sound = av.AudioFrame.from_ndarray(np.stack((wave, wave)).astype("f4"), format="fltp", layout="stereo")
            sound.sample_rate, sound.pts, sound.time_base = SAMPLE_RATE, first, Fraction(1, SAMPLE_RATE)
            fifo.write(sound)
            for block in fifo.read_many(1024):
                made.mux(audio.encode(block))
        made.mux(video.encode(None))
        made.mux(audio.encode(None))
    stored, start, seconds = Show([], {}), BEGIN, 0.0
    for line in (directory / "a.m3u8").read_text().splitlines():
        if line.startswith("#EXTINF:"):
            seconds = float(line[8:].rstrip(","))
        elif not line.startswith("#"):
            stored.segments.append(Segment(line, start, seconds))
            stored.data[line] = (directory / line).read_bytes()
            start += timedelta(seconds=seconds)
    return stored


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Show:
    return hls(tmp_path_factory.mktemp("foreign"))


def at(number: float) -> timedelta:
    return timedelta(seconds=float(number / RATE))


@pytest.mark.parametrize(("first", "last"), [(25, 170), (60, 120), (61, 62)])
def test_a_window_is_exact(stored: Show, first: int, last: int) -> None:
    this = cut(stored.segments, BEGIN + at(first), BEGIN + at(last))
    made = make(this, stored.data)
    played = play(made.data)

    assert len(stored.segments) == 4
    assert played.counters == list(range(first, last))
    assert made.film.seconds == pytest.approx(this.seconds, abs=1e-3)
    assert played.seconds == pytest.approx(float((last - first) / RATE), abs=1e-3)


def test_sound_and_picture_are_in_step(stored: Show) -> None:
    made = make(cut(stored.segments, BEGIN + at(25), BEGIN + at(170)), stored.data)
    played = play(made.data, SAMPLE_RATE)

    assert len(played.beep_times()) == 5
    assert played.beep_times() == pytest.approx(played.flash_times(), abs=0.0015)


def test_a_trimmed_segment(stored: Show) -> None:
    first, second = stored.segments[:2]
    piece = trim(stored.data[first.uri], first, BEGIN + at(25), BEGIN + at(170), after=stored.data[second.uri])
    assert piece is not None
    data = stored.data | {first.uri: piece.data}
    played = play(
        make(cut([piece.segment, *stored.segments[1:]], BEGIN + at(25), BEGIN + at(170)), data).data, SAMPLE_RATE
    )

    assert played.counters == list(range(25, 170))
    assert played.beep_times() == pytest.approx(played.flash_times(), abs=0.0015)


def test_many_frames_in_a_packet_are_told_apart(stored: Show) -> None:
    sounds = demux(stored.data[stored.segments[0].uri]).sounds
    steps = np.diff([sound.pts for sound in sounds])

    assert len(sounds) > 80
    assert np.abs(steps - 1024 / SAMPLE_RATE * 90_000).max() <= 1


def test_pictures_out_of_order_are_refused(tmp_path: Path) -> None:
    shuffled = hls(tmp_path, bframes=2)

    with pytest.raises(RecordingDamaged, match="B-frames"):
        make(cut(shuffled.segments, BEGIN, BEGIN + at(100)), shuffled.data)


def test_pictures_whose_length_is_no_number_of_ticks(tmp_path: Path) -> None:
    """24000/1001 a second are 3753.75 ticks: over many of them nothing drifts."""
    rate = Fraction(24_000, 1_001)
    stored = hls(tmp_path, rate=rate)
    whole = stored.segments[:3]  # 180 pictures, each time 7.5075 s
    seconds = float(180 / rate)
    turns = [timedelta(seconds=seconds * turn) for turn in range(60)]
    many = [replace(segment, start=segment.start + turn) for turn in turns for segment in whole]
    made = make(cut(many, BEGIN, BEGIN + timedelta(seconds=seconds * 60)), stored.data)

    assert made.film.pictures == 180 * 60
    assert made.film.seconds == pytest.approx(seconds * 60, abs=0.002)
    assert made.film.index_first
    assert made.film.size < sum(len(stored.data[segment.uri]) for segment in many)
