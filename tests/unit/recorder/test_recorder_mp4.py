"""Windows cut from real segments, and decoded by a player that honours edit lists."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from recorder import mp4
from recorder.errors import RecordingDamaged
from recorder.mp4 import read_ahead, write_mp4
from showrunner.cut import Cut, cut
from tests.unit.recorder.material import BEGIN, Memory, Show, make, moment, play, show, stored_pictures

FRAME = 1 / 30


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (15, 45),  # within a segment
        (47, 253),  # over several
        (0, 300),  # all
        (60, 120),  # exactly a segment
        (59, 61),  # a picture on either side of a border
        (71, 72),  # one picture
        (60, 61),  # one picture, a key
        (119, 120),
        (299, 300),
    ],
)
def test_a_window_begins_and_ends_at_its_pictures(stored: Show, first: int, last: int) -> None:
    made = stored.film(first, last)
    played = play(made.data)

    assert played.counters == list(range(first, last))
    assert played.at == pytest.approx([n * FRAME for n in range(last - first)], abs=1e-4)
    assert played.seconds == pytest.approx((last - first) * FRAME, abs=1e-4)
    assert made.film.seconds == pytest.approx(stored.cut(first, last).seconds, abs=1e-3)
    assert (made.film.pictures, made.film.size) == (last - first, len(made.data))
    assert (made.film.width, made.film.height, made.film.index_first) == (320, 180, True)


def test_times_between_pictures_go_to_the_nearest(stored: Show) -> None:
    assert play(stored.film(100.4, 130.4).data).counters == list(range(100, 130))
    assert play(stored.film(100.6, 129.6).data).counters == list(range(101, 130))


@pytest.mark.parametrize(("first", "last"), [(100.6, 101.2), (119.7, 120.2), (59.1, 59.2)])
def test_a_window_shorter_than_a_picture_has_one(stored: Show, first: float, last: float) -> None:
    played = play(stored.film(first, last).data)

    assert len(played.counters) == 1
    assert abs(played.counters[0] - first) < 1


def test_beeps_come_with_their_flashes(stored: Show) -> None:
    played = play(stored.film(47, 253).data)

    assert len(played.flash_times()) == 7
    assert played.beep_times() == pytest.approx(played.flash_times(), abs=0.0015)


def test_the_index_stands_first_and_what_is_left_is_free(stored: Show) -> None:
    data = stored.film(47, 253).data
    kinds, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        kinds.append(data[at + 4 : at + 8])
        at += int.from_bytes(data[at + 8 : at + 16], "big") if size == 1 else size

    assert kinds == [b"ftyp", b"moov", b"free", b"mdat"]
    assert at == len(data)


def test_an_index_that_has_no_room_stands_last(stored: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mp4._Assembly, "_upper_bound", lambda *_: 500)
    made = stored.film(47, 253)

    assert not made.film.index_first
    assert made.film.size == len(made.data)
    assert play(made.data).counters == list(range(47, 253))


def test_the_same_cut_gives_the_same_bytes(stored: Show) -> None:
    assert stored.film(47, 253).data == stored.film(47, 253).data


def test_only_what_a_decoder_needs_is_stored_before_the_start() -> None:
    often = show(2, gop=15)

    assert stored_pictures(often.film(46, 60).data) == 15
    assert stored_pictures(often.film(44, 60).data) == 30
    assert play(often.film(46, 60).data).counters == list(range(46, 60))


def test_a_gap_takes_no_time() -> None:
    """The encoder came back 13.5 s later with other time stamps, in the middle of a beep's second."""
    broken = show(3) + show(5, "b", first=495, at=495, pts=7_777_777)
    this = broken.cut(20, 600)
    made = make(this, broken.data)
    played = play(made.data)

    assert [gap.seconds for gap in this.gaps] == [13.5]
    assert played.counters == [*range(20, 90), *range(495, 600)]
    assert made.film.seconds == pytest.approx(this.seconds, abs=1e-3)
    assert played.at == pytest.approx([n * FRAME for n in range(175)], abs=1e-4)
    assert len(played.flash_times()) == 5
    assert played.beep_times() == pytest.approx(played.flash_times(), abs=0.0015)


def test_a_pause_too_short_to_be_stated_holds_the_last_picture() -> None:
    broken = show(2) + show(2, "b", first=60, at=62, pts=90_000 * 60)
    this = broken.cut(0, 122)
    played = play(make(this, broken.data).data)

    assert this.gaps == ()
    assert played.counters == list(range(120))
    assert played.at[59:61] == pytest.approx([59 * FRAME, 62 * FRAME], abs=1e-4)
    assert played.seconds == pytest.approx(this.seconds, abs=1e-3)
    assert played.beep_times() == pytest.approx(played.flash_times(), abs=0.0015)


def test_a_lost_segment_is_closed_up(stored: Show) -> None:
    left = Show([segment for segment in stored.segments if segment.uri != "a_00002.ts"], stored.data)
    played = play(left.film(30, 270).data)

    assert played.counters == [*range(30, 120), *range(180, 270)]
    # The first sound after the loss was in the lost segment.
    assert played.flash_times() == pytest.approx([1, 2, 3, 4, 5], abs=1e-4)
    assert played.beep_times() == pytest.approx([1, 2, 3, 4, 5], abs=0.03)
    assert played.beep_times()[3:] == pytest.approx([4, 5], abs=0.0015)


def test_times_may_pass_the_end_of_the_33_bits() -> None:
    wrapping = show(6, pts=(1 << 33) - 90_000 * 13 - 3_000 * 20)
    played = play(wrapping.film(10, 170).data)

    assert played.counters == list(range(10, 170))
    assert played.beep_times() == pytest.approx(played.flash_times(), abs=0.0015)


def test_many_tiny_pieces() -> None:
    """An encoder that crashes all the time, and once after a single picture."""
    pieces = show(1 / 30)
    for number in range(1, 9):
        pieces += show(0.5, f"p{number}", first=number * 60, pts=number * 1_234_567)
    this = pieces.cut(0, 9 * 60)
    made = make(this, pieces.data)
    played = play(made.data)

    assert played.counters == [0, *(number * 60 + n for number in range(1, 9) for n in range(15))]
    assert made.film.seconds == pytest.approx(this.seconds, abs=FRAME)
    assert played.beep_times() == pytest.approx(played.flash_times(), abs=0.0015)


def test_a_show_without_sound() -> None:
    made = show(3, sound=False).film(10, 80)

    assert not made.film.sound
    assert play(made.data).counters == list(range(10, 80))


def test_sound_that_comes_later_stays_with_its_picture() -> None:
    mixed = show(2, sound=False) + show(2, "b", first=60, pts=99_999)
    played = play(mixed.film(15, 120).data)

    assert played.flash_times() == pytest.approx([0.5, 1.5, 2.5], abs=1e-4)
    assert played.beep_times() == pytest.approx([1.5, 2.5], abs=0.0015)


def test_pictures_of_another_size_may_follow() -> None:
    changed = show(2) + show(2, "b", first=60, pts=99_999, size=(160, 96))
    made = changed.film(15, 105)

    assert b"avc3" in made.data
    assert play(made.data).counters == list(range(15, 105))


def test_the_clock_of_the_last_segment_tells_the_end(stored: Show) -> None:
    """MediaLive's clock was set 0.4 s back: by their dates the two segments overlap."""
    segments = [
        *stored.segments[:2],
        *(replace(s, start=s.start - timedelta(seconds=0.4)) for s in stored.segments[2:]),
    ]
    played = play(make(cut(segments, moment(30), moment(150)), stored.data).data)

    assert played.counters == list(range(30, 162))


def test_segments_are_read_ahead_and_given_in_order() -> None:
    read: list[str] = []

    def content(uri: str) -> bytes:
        read.append(uri)
        return uri.encode()

    contents = read_ahead(content, [f"{n:02d}" for n in range(20)], ahead=3)

    assert next(contents) == b"00"
    assert len(read) <= 4
    assert b"".join(contents) == b"".join(b"%02d" % n for n in range(1, 20))


def test_what_cannot_be_read_is_told(stored: Show) -> None:
    def missing(uri: str) -> bytes:
        raise FileNotFoundError(uri)

    with pytest.raises(FileNotFoundError):
        write_mp4(stored.cut(0, 30), missing, Memory())


def test_a_segment_that_is_none_is_named(stored: Show) -> None:
    for damaged in (b"", b"not a segment", stored.data["a_00001.ts"][:376]):
        with pytest.raises(RecordingDamaged, match=r"a_00001\.ts"):
            make(stored.cut(0, 300), stored.data | {"a_00001.ts": damaged})


def test_the_film_was_made_when_the_window_began(stored: Show) -> None:
    this = stored.cut(60, 120)
    created = int((BEGIN + timedelta(seconds=2)).timestamp()) + 2_082_844_800

    assert isinstance(this, Cut)
    assert created.to_bytes(8, "big") in make(this, stored.data).data
