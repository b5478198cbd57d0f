"""What lies outside a window is gone from its boundary segments, and nothing else is."""

import io

import av
import numpy as np
import pytest
from msgspec.structs import replace

from recorder.demux import demux
from recorder.errors import RecordingDamaged
from recorder.trim import Trimmed, trim
from sandbox.media.testcard import SAMPLE_RATE, counter_of
from tests.unit.recorder.material import BEGIN, Show, make, moment, play, show


def trimmed(stored: Show, first: float, last: float) -> Show:
    """The window's segments, the boundary ones trimmed with their neighbours' help."""
    inside = list(stored.cut(first, last).segments)
    data = {segment.uri: stored.data[segment.uri] for segment in inside}
    for number in {0, len(inside) - 1}:
        segment = inside[number]
        before, after = (
            stored.data[inside[beside].uri] if 0 <= beside < len(inside) else None
            for beside in (number - 1, number + 1)
        )
        piece = trim(stored.data[segment.uri], segment, moment(first), moment(last), before, after)
        assert piece is not None
        inside[number] = piece.segment
        data[segment.uri] = piece.data
    return Show(inside, data)


def counters(segment: bytes) -> list[int]:
    with av.open(io.BytesIO(segment), format="mpegts") as container:
        return [counter_of(frame) for frame in container.decode(video=0)]


def sound_of(segment: bytes) -> tuple[float, np.ndarray]:
    """When the sound begins by its time stamps, and the left channel."""
    with av.open(io.BytesIO(segment), format="mpegts") as container:
        frames = list(container.decode(audio=0))
    return frames[0].time, np.concatenate([frame.to_ndarray()[0] for frame in frames])


def piece_of(stored: Show, first: float, last: float) -> Trimmed:
    segment = stored.segments[0]
    piece = trim(stored.data[segment.uri], segment, moment(first), moment(last))
    assert piece is not None
    return piece


@pytest.mark.parametrize(("first", "last"), [(25, 300), (-9, 40), (25, 40), (25, 26), (59, 300), (0, 1)])
def test_the_pictures_outside_are_gone(stored: Show, first: int, last: int) -> None:
    piece = piece_of(stored, first, last)
    kept = range(max(0, first), min(60, last))

    assert counters(piece.data) == list(kept)
    assert piece.segment.start == pytest.approx(moment(kept[0]), abs=moment(0.001) - BEGIN)
    assert piece.segment.seconds == pytest.approx(len(kept) / 30, abs=1e-4)
    assert piece.segment.discontinuity
    pictures = demux(piece.data).pictures
    assert [picture.key for picture in pictures] == [True] + [False] * (len(kept) - 1)


@pytest.mark.parametrize(("first", "last"), [(33, 50), (10, 30)])
def test_the_sound_outside_is_silence(stored: Show, first: int, last: int) -> None:
    """A loud beep, eight times as loud as what else is heard, is just before or just after the window."""
    begin, samples = sound_of(piece_of(stored, first, last).data)
    time = begin - 10 + np.arange(len(samples)) / SAMPLE_RATE
    inside = (time >= first / 30) & (time < last / 30)

    # A coder spreads what is inside by a block; of the beep there is nothing.
    assert np.abs(samples[~inside]).max() < 0.1
    assert np.abs(samples[inside]).max() == pytest.approx(0.1, abs=0.05)
    assert time[0] > first / 30 - 2 * 1024 / SAMPLE_RATE
    assert time[-1] < last / 30 + 2 * 1024 / SAMPLE_RATE


def test_time_stamps_stay(stored: Show) -> None:
    original, piece = demux(stored.data["a_00000.ts"]), demux(piece_of(stored, 25, 300).data)

    assert [picture.pts for picture in piece.pictures] == [picture.pts for picture in original.pictures[25:]]
    assert [sound.pts for sound in piece.sounds] == [sound.pts for sound in original.sounds][-len(piece.sounds) :]
    assert piece.audio == original.audio


def test_a_film_of_trimmed_segments(stored: Show) -> None:
    """Exact, in step, without a click at the joins, and with nothing hidden."""
    short = trimmed(stored, 47, 253)
    made, plain = short.film(47, 253), stored.film(47, 253)
    played, original = play(made.data), play(plain.data)

    assert played.counters == list(range(47, 253))
    assert played.seconds == pytest.approx(206 / 30, abs=1e-4)
    assert len(made.data) < len(plain.data)
    assert b"avc3" in made.data
    assert played.beep_times() == pytest.approx(played.flash_times(), abs=0.0015)
    assert np.abs(played.sound - original.sound)[: -SAMPLE_RATE // 20].max() < 0.1
    again = play(made.data.replace(b"elst", b"free"))
    assert again.counters == played.counters


def test_without_neighbours_only_a_frame_at_the_join_suffers(stored: Show) -> None:
    first = piece_of(stored, 47, 253)
    both = Show([first.segment, *stored.segments[1:]], stored.data | {first.segment.uri: first.data})
    difference = np.abs(play(both.film(47, 253).data).sound - play(stored.film(47, 253).data).sound)

    # Sound of the next segment begins two frames before its pictures.
    assert np.flatnonzero(difference > 0.1).size < 2 * 1024


def test_pieces_at_both_sides_of_a_gap() -> None:
    broken = show(3) + show(3, "b", first=300, pts=7_654_321)
    short = trimmed(broken, 10, 350)
    played = play(make(short.cut(10, 350), short.data).data)

    assert played.counters == [*range(10, 90), *range(300, 350)]
    assert played.beep_times()[:2] == pytest.approx(played.flash_times()[:2], abs=0.0015)


def test_what_lies_inside_stays_as_it_is(stored: Show) -> None:
    segment = stored.segments[0]

    assert trim(stored.data[segment.uri], segment, moment(-30), moment(90)) == Trimmed(
        stored.data[segment.uri], segment
    )


def test_sound_that_comes_before_its_segment_is_cut_too(stored: Show) -> None:
    """The window begins with a segment's first picture; the sound that the segment begins with is earlier."""
    segment = stored.segments[1]
    piece = trim(stored.data[segment.uri], segment, moment(60), moment(300))

    assert piece is not None
    assert demux(stored.data[segment.uri]).sounds[0].pts < (10 + 2) * 90_000 - 2 * 1_920
    assert demux(piece.data).sounds[0].pts >= (10 + 2) * 90_000 - 2 * 1_920
    assert counters(piece.data) == list(range(60, 120))


def test_nothing_inside_is_nothing(stored: Show) -> None:
    segment = stored.segments[1]

    for first, last in ((0, 60), (120, 300), (70, 70.1), (0, 60.4)):
        assert trim(stored.data[segment.uri], segment, moment(first), moment(last)) is None


def test_the_same_piece_has_the_same_bytes(stored: Show) -> None:
    assert piece_of(stored, 25, 40) == piece_of(stored, 25, 40)


def test_a_segment_without_sound() -> None:
    assert counters(piece_of(show(2, sound=False), 25, 40).data) == list(range(25, 40))


def test_around_the_end_of_the_33_bits() -> None:
    wrapping = show(4, pts=(1 << 33) - 90_000 * 11 - 3_000 * 20)
    short = trimmed(wrapping, 10, 110)

    assert play(short.film(10, 110).data).counters == list(range(10, 110))


def test_what_is_no_segment_is_told(stored: Show) -> None:
    with pytest.raises(RecordingDamaged, match=r"a_00000\.ts"):
        trim(b"nothing", stored.segments[0], moment(10), moment(20))


def test_a_date_that_is_wrong_by_a_little_is_the_picture(stored: Show) -> None:
    segment = replace(stored.segments[0], start=moment(0.01))
    piece = trim(stored.data[segment.uri], segment, moment(25), moment(40))

    assert piece is not None
    assert counters(piece.data) == list(range(25, 40))
