"""The tables of an MP4, from hand-made samples."""

import struct

import pytest

from recorder import boxes
from recorder.boxes import AudioTrack, Track, VideoTrack
from recorder.demux import AudioFormat, VideoFormat

VIDEO = VideoFormat((b"\x67\x42\xc0\x1e",), (b"\x68\xce",), 640, 360)
AUDIO = AudioFormat(b"\x11\x90", 48_000, 2)


def track(times: list[int], duration: int = 3_000, timescale: int = 90_000) -> Track:
    made = Track(timescale)
    made.begin_chunk(1_000)
    for at in times:
        made.add(at, 10, duration, key=at == 0)
    return made


def test_an_even_rhythm_is_one_row() -> None:
    assert track([0, 3_000, 6_000]).durations == [[3, 3_000]]


def test_a_rounded_time_is_where_the_one_before_ends() -> None:
    assert track([0, 3_001, 6_044, 8_956]).durations == [[4, 3_000]]


def test_what_is_missing_is_held() -> None:
    held = track([0, 3_000, 9_000])

    assert held.durations == [[1, 3_000], [1, 6_000], [1, 3_000]]
    assert held.end == 12_000


def test_what_comes_early_shortens_the_one_before() -> None:
    assert track([0, 3_000, 5_000]).durations == [[1, 3_000], [1, 2_000], [1, 3_000]]
    assert track([0, 3_000, 2_000]).durations == [[1, 3_000], [1, 1], [1, 3_000]]


def test_a_slow_drift_never_grows_to_a_millisecond() -> None:
    """Pictures at 24000/1001 a second are 3753.75 ticks long."""
    times = [round(number * 3753.75) for number in range(5_000)]
    drifting = track(times, duration=3_754)
    placed, at = [], 0
    for count, duration in drifting.durations:
        placed += [at + number * duration for number in range(count)]
        at += count * duration

    assert max(abs(a - b) for a, b in zip(placed, times, strict=True)) < 90
    assert len(drifting.durations) < 5_000 / 40


def test_chunks_of_the_same_size_are_one_run() -> None:
    made = Track(48_000)
    for offset, samples in ((100, 2), (200, 2), (300, 3)):
        made.begin_chunk(offset)
        for _ in range(samples):
            made.add(made.end, 7, 1024)

    table = made.table()

    assert b"stsc" + struct.pack(">II3I3I", 0, 2, 1, 2, 1, 3, 3, 1) in table
    assert b"co64" + struct.pack(">II3Q", 0, 3, 100, 200, 300) in table
    assert b"stts" + struct.pack(">II2I", 0, 1, 7, 1024) in table
    assert b"stss" not in table  # each sound is a beginning


def test_keys_are_counted_from_one() -> None:
    assert b"stss" + struct.pack(">III", 0, 1, 1) in track([0, 3_000]).table()


def test_the_head_is_as_long_as_asked_for() -> None:
    tracks = [
        VideoTrack(track([0, 3_000]), [(6_000, 0)], VIDEO),
        AudioTrack(track([0], 1024, 48_000), [(90, -1), (1_830, 0)], AUDIO),
    ]
    exact = len(boxes.file_type() + boxes.movie(tracks, 6_000, 0)) + boxes.MDAT_HEADER

    for size in (exact, exact + 8, exact + 1_000):
        head = boxes.head(tracks, 6_000, 0, size, media=5_000_000_000)
        assert head is not None
        assert len(head) == size
        assert head[-16:] == b"\0\0\0\1mdat" + (5_000_000_016).to_bytes(8, "big")
    for size in (exact - 1, exact + 1, exact + 7):
        assert boxes.head(tracks, 6_000, 0, size, media=5_000_000_000) is None


def test_edits_tell_what_is_shown() -> None:
    video = VideoTrack(track([0, 3_000]), [(3_000, 3_000)], VIDEO)
    audio = AudioTrack(track([0], 1024, 48_000), [(90, -1), (1_830, 0)], AUDIO)
    movie = boxes.movie([video, audio], 3_000, 0)

    assert b"elst" + struct.pack(">II QqI", 1 << 24, 1, 3_000, 3_000, 0x10000) in movie
    assert b"elst" + struct.pack(">II QqI QqI", 1 << 24, 2, 90, -1, 0x10000, 1_830, 0, 0x10000) in movie


@pytest.mark.parametrize(("profile", "ending"), [(0x42, b"\x68\xce"), (0x64, b"\x68\xce\xfd\xf8\xf8\0")])
def test_high_profile_tells_its_colour_format(profile: int, ending: bytes) -> None:
    video = VideoFormat((bytes([0x67, profile, 0, 0x1E]),), (b"\x68\xce",), 640, 360)
    movie = boxes.movie([VideoTrack(track([0]), [(3_000, 0)], video)], 3_000, 0)

    assert bytes([1, profile, 0, 0x1E, 0xFF, 0xE1, 0, 4, 0x67, profile, 0, 0x1E, 1, 0, 2]) + ending in movie
