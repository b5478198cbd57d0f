"""A recording with its ends cut off: the pieces, what names them, and the film that is made of them."""

import pytest

from recorder.boundary import bounded
from recorder.demux import demux
from recorder.errors import RecordingDamaged
from showrunner.cut import cut_of, playlist_of
from tests.unit.recorder.material import Show, make, moment, play, stored_pictures


def counted(stored: Show, pieces: dict[str, bytes], uris: list[str]) -> list[int]:
    return [len(demux(pieces.get(uri) or stored.data[uri]).pictures) for uri in uris]


@pytest.mark.parametrize(
    ("first", "last", "uris", "pictures"),
    [
        (25, 200, ["first.ts", "a_00001.ts", "a_00002.ts", "last.ts"], [35, 60, 60, 20]),
        (60, 180, ["first.ts", "a_00002.ts"], [60, 60]),  # all pictures of the first, and not all of its sound
        (70, 100, ["first.ts"], [30]),
        (-50, 70, ["a_00000.ts", "last.ts"], [60, 10]),
        (59.7, 130, ["a_00001.ts", "last.ts"], [60, 10]),  # what lies of the first segment in it is less than a picture
    ],
)
def test_the_boundary_segments_are_cut_and_the_others_stay(
    stored: Show, first: float, last: float, uris: list[str], pictures: list[int]
) -> None:
    this, pieces = bounded(stored.cut(first, last), stored.data.__getitem__)
    assert [segment.uri for segment in this.segments] == uris
    assert counted(stored, pieces, uris) == pictures
    after_a_piece = [before in pieces for before in uris[:-1]]
    assert [segment.discontinuity or segment.uri in pieces for segment in this.segments[1:]] == [
        broken or uri in pieces for broken, uri in zip(after_a_piece, uris[1:], strict=True)
    ]

    made = make(this, stored.data | pieces)
    expected = list(range(max(0, round(first)), round(last)))
    assert play(made.data).counters == expected
    assert stored_pictures(made.data) == len(expected)


def test_cutting_what_is_cut_changes_nothing(stored: Show) -> None:
    this, pieces = bounded(stored.cut(25, 200), stored.data.__getitem__)
    again = cut_of(playlist_of(this, str), moment(200))
    twice, more = bounded(again, (stored.data | pieces).__getitem__)
    assert more == {}
    assert [segment.uri for segment in twice.segments] == [segment.uri for segment in this.segments]


def test_a_window_without_a_whole_picture_is_told(stored: Show) -> None:
    with pytest.raises(RecordingDamaged, match="shorter than a picture"):
        bounded(stored.cut(70.1, 70.3), stored.data.__getitem__)
