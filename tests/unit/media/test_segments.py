from sandbox.media.segments import Entry, iso_utc, media_playlist, multivariant_playlist


def test_a_live_window() -> None:
    entries = [Entry("a.ts", 2.0, 1_750_000_000.0), Entry("b.ts", 2.6, 1_750_000_002.25, discontinuity=True)]

    assert media_playlist(entries, sequence=7, discontinuities=1).splitlines() == [
        "#EXTM3U",
        "#EXT-X-VERSION:3",
        "#EXT-X-TARGETDURATION:3",
        "#EXT-X-MEDIA-SEQUENCE:7",
        "#EXT-X-DISCONTINUITY-SEQUENCE:1",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        "#EXT-X-PROGRAM-DATE-TIME:2025-06-15T15:06:40.000Z",
        "#EXTINF:2.00000,",
        "a.ts",
        "#EXT-X-DISCONTINUITY",
        "#EXT-X-PROGRAM-DATE-TIME:2025-06-15T15:06:42.250Z",
        "#EXTINF:2.60000,",
        "b.ts",
    ]


def test_a_finished_recording() -> None:
    lines = media_playlist([Entry("a.ts", 1.0)], kind="VOD", sequence=1, ended=True).splitlines()

    assert "#EXT-X-PLAYLIST-TYPE:VOD" in lines
    assert "#EXT-X-TARGETDURATION:2" in lines
    assert lines[-1] == "#EXT-X-ENDLIST"
    assert not any("DATE-TIME" in line for line in lines)


def test_a_multivariant_playlist() -> None:
    assert multivariant_playlist([("BANDWIDTH=1", "a.m3u8")]).endswith("#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n")


def test_times_carry_milliseconds() -> None:
    assert iso_utc(0.0625) == "1970-01-01T00:00:00.062Z"
