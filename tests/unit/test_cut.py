"""The cut of a window by PROGRAM-DATE-TIME: exact at both ends, with its gaps stated."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from showrunner.cut import (
    Cut,
    Gap,
    NothingStored,
    Segment,
    cut,
    cut_of,
    is_complete,
    media_playlists,
    only,
    playlist_of,
    reaches,
    segments,
    tag_of,
)

T0 = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def show(*starts: float, seconds: float = 2.0) -> list[Segment]:
    return [Segment(f"seg_{n:05d}.ts", at(start), seconds) for n, start in enumerate(starts)]


STORED = show(0, 2, 4, 6, 8)
PLAYLIST = """#EXTM3U
#EXT-X-VERSION:4
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:1
#EXT-X-PLAYLIST-TYPE:EVENT
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:00:00.000Z
#EXTINF:2.00000,
index_360p30_00001.ts
#EXTINF:2.00000,
index_360p30_00002.ts
#EXT-X-DISCONTINUITY
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T13:00:09.500+01:00
#EXTINF:1.50000,
index_360p30_00003.ts
"""


def test_a_playlist_is_read_with_its_times_and_discontinuities() -> None:
    assert segments(PLAYLIST) == [
        Segment("index_360p30_00001.ts", at(0), 2.0),
        Segment("index_360p30_00002.ts", at(2), 2.0),
        Segment("index_360p30_00003.ts", at(9.5), 1.5, discontinuity=True),
    ]
    assert segments("#EXTM3U\n") == []


def test_a_master_playlist_names_its_media_playlists() -> None:
    assert media_playlists("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nindex_360p30.m3u8\n") == ["index_360p30.m3u8"]


def test_a_window_begins_and_ends_inside_segments() -> None:
    this = cut(STORED, at(2.5), at(6.25))
    assert [s.uri for s in this.segments] == ["seg_00001.ts", "seg_00002.ts", "seg_00003.ts"]
    assert (this.offset, this.seconds, this.gaps) == (0.5, 3.75, ())


def test_a_segment_that_only_touches_the_window_is_not_part_of_it() -> None:
    assert [s.uri for s in cut(STORED, at(2), at(4)).segments] == ["seg_00001.ts"]


def test_a_window_that_begins_before_the_first_picture_begins_with_it() -> None:
    this = cut(STORED, at(-60), at(3))
    assert (this.start, this.offset, this.seconds) == (at(0), 0.0, 3.0)


def test_a_window_that_outlasts_the_show_ends_with_it() -> None:
    this = cut(STORED, at(7), at(60))
    assert (this.end, this.seconds) == (at(10), 3.0)


def test_a_gap_is_stated_and_not_counted() -> None:
    this = cut(show(0, 2, 10, 12), at(1), at(13))
    assert this.gaps == (Gap(at(4), at(10)),)
    assert this.seconds == 6.0


def test_what_is_missing_at_a_windows_ends_is_stated() -> None:
    this = cut(show(4, 6), at(1), at(11))
    assert (this.gaps, this.seconds) == ((Gap(at(1), at(4)), Gap(at(8), at(11))), 4.0)


def test_a_clock_that_is_set_back_takes_no_time_from_the_recording() -> None:
    this = cut(show(0, 2, 3.2, 5.2), at(1), at(6.2))
    assert (this.gaps, this.seconds) == ((), pytest.approx(6.0))


def test_a_cut_is_read_back_from_its_playlist() -> None:
    this = cut(show(0, 2, 10, 12), at(1.5), at(13))
    assert cut_of(playlist_of(this, str), at(13)) == this


def test_what_is_left_out_of_a_playlist_leaves_a_break() -> None:
    names = [f"index_360p30_{number:05d}.ts" for number in (1, 2, 3)]
    assert only(PLAYLIST, names).removesuffix("#EXT-X-ENDLIST\n") == PLAYLIST
    assert only(PLAYLIST, names[2:]).splitlines()[5:] == [
        "#EXT-X-DISCONTINUITY",
        "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T13:00:09.500+01:00",
        "#EXTINF:1.50000,",
        names[2],
        "#EXT-X-ENDLIST",
    ]
    kept = only(PLAYLIST.replace("#EXT-X-DISCONTINUITY\n", ""), [names[0], names[2]])
    assert [segment.discontinuity for segment in segments(kept)] == [False, True]
    assert is_complete(only(PLAYLIST, []))
    assert segments(only(PLAYLIST, [])) == []


def test_a_clock_that_is_corrected_a_little_makes_no_gap() -> None:
    assert cut(show(0, 2.05, 4.0), at(0), at(6)).gaps == ()


@pytest.mark.parametrize("window", [(-5, 0), (12, 20), (4.5, 9.5)])
def test_a_window_without_a_picture_is_refused(window: tuple[float, float]) -> None:
    with pytest.raises(NothingStored):
        cut(show(0, 2, 10), at(window[0]), at(window[1]))


def test_reaching_the_end_needs_a_segment_that_covers_it() -> None:
    assert not reaches([], at(0))
    assert not reaches(STORED, at(10.5))
    assert reaches(STORED, at(9))


def test_the_playlist_of_a_cut_starts_exactly_and_is_complete() -> None:
    this = cut(segments(PLAYLIST), at(1), at(10))
    assert playlist_of(this, lambda uri: f"../{uri}").splitlines() == [
        "#EXTM3U",
        "#EXT-X-VERSION:6",
        "#EXT-X-TARGETDURATION:2",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        "#EXT-X-START:TIME-OFFSET=1.000,PRECISE=YES",
        "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:00:00.000Z",
        "#EXTINF:2.00000,",
        "../index_360p30_00001.ts",
        "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:00:02.000Z",
        "#EXTINF:2.00000,",
        "../index_360p30_00002.ts",
        "#EXT-X-DISCONTINUITY",
        "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:00:09.500Z",
        "#EXTINF:1.50000,",
        "../index_360p30_00003.ts",
        "#EXT-X-ENDLIST",
    ]


def test_what_is_cut_is_what_is_stored_of_the_window() -> None:
    """Random shows and windows: the parts of all segments inside the window add up to the cut's length."""
    seed = 20260101
    print("seed", seed)
    rng = random.Random(seed)
    for _ in range(500):
        starts, moment = [], 0.0
        for _ in range(rng.randint(1, 20)):
            starts.append(moment)
            moment += 2.0 + (rng.uniform(1, 30) if rng.random() < 0.2 else 0)
        stored = show(*starts)
        begin, end = sorted((rng.uniform(-5, moment + 5), rng.uniform(-5, moment + 5)))
        inside = sum(max(0.0, (min(s.end, at(end)) - max(s.start, at(begin))).total_seconds()) for s in stored)
        if inside == 0:
            with pytest.raises(NothingStored):
                cut(stored, at(begin), at(end))
            continue
        this: Cut = cut(stored, at(begin), at(end))
        assert this.seconds == pytest.approx(inside, abs=1e-4)
        assert 0 <= this.offset < 2.0
        assert segments(playlist_of(this, str))[0].uri == this.segments[0].uri


def test_the_tag_lists_all_open_recordings() -> None:
    assert tag_of(["show-1-1", "show-1-2"]) == "showrunner:show-1-1,show-1-2"
    assert tag_of([]) == ""
