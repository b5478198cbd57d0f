"""Good films pass, bad ones are told apart; a film's picture."""

import io
from collections.abc import Iterator
from fractions import Fraction

import av
import pytest

from recorder.checks import check
from recorder.errors import RecordingDamaged
from recorder.picture import thumbnail
from recorder.ranges import RangeReader
from sandbox.media.testcard import color_of
from showrunner.cut import Cut
from tests.unit.recorder.material import RATE, Made, Show, make

FRAME = 1 / RATE


@pytest.fixture(scope="module")
def made(stored: Show) -> Made:
    return stored.film(47, 253)


@pytest.fixture(scope="module")
def long_film(stored: Show) -> Made:
    """Two minutes and ten seconds: the show again and again."""
    once = stored.cut(0, 300)
    return make(Cut(once.segments * 13, once.start, once.end, ()), stored.data)


def damaged(data: bytes, at: float) -> bytes:
    """The film with ten pictures from `at` seconds on overwritten."""
    changed = bytearray(data)
    with av.open(io.BytesIO(data)) as container:
        video = container.streams.video[0]
        packets = [p for p in container.demux(video) if p.pts is not None and not p.is_discard]
    for packet in [p for p in packets if float(p.pts * packets[0].time_base) >= at][:10]:
        assert packet.pos is not None
        changed[packet.pos + 8 : packet.pos + packet.size] = b"\x5a" * (packet.size - 8)
    return bytes(changed)


def test_a_good_film(made: Made) -> None:
    assert check(io.BytesIO(made.data), 206 * FRAME, FRAME) == pytest.approx(206 * FRAME, abs=1e-4)
    check(io.BytesIO(made.data), 205.1 * FRAME, FRAME)
    check(io.BytesIO(made.data), 206.9 * FRAME, FRAME)


@pytest.mark.parametrize("seconds", [204.5 * FRAME, 207.5 * FRAME, 0.0])
def test_a_film_of_another_length_is_told(made: Made, seconds: float) -> None:
    with pytest.raises(RecordingDamaged, match=r"is 6\.867 s long") as caught:
        check(io.BytesIO(made.data), seconds, FRAME)
    assert caught.value.details["expected"] == seconds
    assert caught.value.details["found"] == pytest.approx(6.8667, abs=1e-3)


@pytest.mark.parametrize("at", [0.2, 6.2])
def test_damage_in_the_first_and_last_second_is_found(made: Made, at: float) -> None:
    with pytest.raises(RecordingDamaged):
        check(io.BytesIO(damaged(made.data, at)), 206 * FRAME, FRAME)


@pytest.mark.parametrize("at", [0.3, 60.3, 120.3, 129.3])
def test_one_second_a_minute_is_looked_at(long_film: Made, at: float) -> None:
    with pytest.raises(RecordingDamaged) as caught:
        check(io.BytesIO(damaged(long_film.data, at)), 130.0, FRAME)
    assert abs(caught.value.details["at"] - at) < 1
    assert check(io.BytesIO(damaged(long_film.data, 30.0)), 130.0, FRAME) == pytest.approx(130.0, abs=1e-3)


def test_one_picture_is_a_film(stored: Show) -> None:
    check(io.BytesIO(stored.film(71, 72).data), FRAME, FRAME, sound=False)


def test_a_film_without_sound_is_told(stored: Show) -> None:
    silent = stored.film(119, 120)

    assert not silent.film.sound
    with pytest.raises(RecordingDamaged, match="no sound"):
        check(io.BytesIO(silent.data), FRAME, FRAME)


@pytest.mark.parametrize("data", [b"", b"no film", bytes(10_000)])
def test_what_is_no_film_is_told(data: bytes) -> None:
    for look in (lambda: check(io.BytesIO(data), 1.0, FRAME), lambda: thumbnail(io.BytesIO(data))):
        with pytest.raises(RecordingDamaged, match="can't be opened"):
            look()


def test_a_truncated_film_is_told(made: Made) -> None:
    with pytest.raises(RecordingDamaged):
        check(io.BytesIO(made.data[:-20_000]), 206 * FRAME, FRAME)


def test_only_what_is_looked_at_is_read() -> None:
    content = bytes(range(256)) * 4096 * 20
    asked: list[tuple[int, int]] = []

    def read_range(start: int, end: int) -> bytes:
        asked.append((start, end))
        return content[start:end]

    reader = RangeReader(read_range, len(content))

    assert reader.read(3) == b"\0\1\2"
    assert reader.read(1 << 20) == content[3 : 3 + (1 << 20)]
    assert reader.tell() == (1 << 20) + 3
    reader.seek(-5, io.SEEK_END)
    assert reader.read() == content[-5:]
    assert reader.read(1) == b""
    assert asked == [(0, 1 << 20), (1 << 20, 2 << 20), (19 << 20, 20 << 20)]


def test_a_picture_is_a_tenth_into_the_film(made: Made) -> None:
    jpeg = thumbnail(io.BytesIO(made.data))
    with av.open(io.BytesIO(jpeg)) as container:
        frame = next(container.decode(video=0))

    assert jpeg[:2] == b"\xff\xd8"
    assert (frame.width, frame.height) == (320, 180)
    assert color_of(frame.reformat(format="yuv420p", dst_color_range="MPEG")) == "host"
    assert thumbnail(io.BytesIO(made.data)) == jpeg


@pytest.mark.parametrize(("bright", "seen"), [(range(12, 20), True), (range(0), False)])
def test_a_picture_is_not_black_when_avoidable(bright: range, seen: bool) -> None:
    jpeg = thumbnail(io.BytesIO(_plain(900, 500, [200 if n in bright else 16 for n in range(20)])))
    with av.open(io.BytesIO(jpeg)) as container:
        frame = next(container.decode(video=0))

    assert (frame.width, frame.height) == (640, 356)
    assert (bytes(frame.planes[0])[10_000] > 100) is seen


def _plain(width: int, height: int, lumas: list[int]) -> bytes:
    film = io.BytesIO()
    with av.open(film, "w", format="mp4") as container:
        video = container.add_stream("libx264", rate=10, options={"preset": "ultrafast", "tune": "zerolatency"})
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        for number, frame in enumerate(_frames(width, height, lumas)):
            frame.pts, frame.time_base = number, Fraction(1, 10)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    return film.getvalue()


def _frames(width: int, height: int, lumas: list[int]) -> Iterator[av.VideoFrame]:
    for luma in lumas:
        frame = av.VideoFrame(width, height, "yuv420p")
        for plane, value in zip(frame.planes, (luma, 128, 128), strict=True):
            plane.update(bytes([value]) * plane.buffer_size)
        yield frame
