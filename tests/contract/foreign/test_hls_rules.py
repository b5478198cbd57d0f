"""The validator finds what it is there for."""

import pytest

from tests.contract.foreign.hls_rules import check_media, check_multivariant, check_reload

HEAD = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:{}\n"
TIME = "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:0{}.000Z\n"


def media(first: int, last: int, end: str = "") -> str:
    return HEAD.format(first) + "".join(f"#EXTINF:2.000,\ns{n}.ts\n" for n in range(first, last)) + end


GOOD = media(0, 5, "#EXT-X-ENDLIST\n")


def test_a_good_one() -> None:
    assert check_media(GOOD, vod=True) == []
    assert check_multivariant('#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="avc1.4d401f,mp4a.40.2"\na.m3u8\n') == []
    assert check_reload(media(3, 8), media(4, 9)) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (GOOD.removeprefix("#EXTM3U\n"), "the first line"),
        (GOOD.replace("#EXTINF:2.000,\ns1.ts", "s1.ts"), "s1.ts has no EXTINF"),
        (GOOD.replace("2.000,\ns1", "2.6,\ns1"), "s1.ts lasts 2.6"),
        (GOOD.replace("VERSION:3", "VERSION:2"), "decimal durations"),
        (GOOD.replace("#EXT-X-ENDLIST\n", ""), "no EXT-X-ENDLIST"),
        (GOOD + "#EXT-X-ENDLIST\n", "more than once"),
        (GOOD.replace("s1.ts", "s0.ts"), "a segment twice"),
        (GOOD.replace("s1.ts", "s 1.ts"), "white space"),
        (HEAD.format(0) + TIME.format(0) + "#EXTINF:2,\na\n" + TIME.format(3) + "#EXTINF:2,\nb\n", "b is at"),
    ],
)
def test_a_bad_one(text: str, says: str) -> None:
    assert any(says in wrong for wrong in check_media(text, vod=True))


@pytest.mark.parametrize(
    ("later", "says"),
    [
        (media(2, 8), "went back"),
        (media(4, 9).replace("s5", "x5"), "changed"),
        (media(6, 8), "three target durations"),
        (media(4, 9).replace("TARGETDURATION:2", "TARGETDURATION:4"), "TARGETDURATION changed"),
    ],
)
def test_a_bad_reload(later: str, says: str) -> None:
    assert any(says in wrong for wrong in check_reload(media(3, 8), later))


def test_a_bad_multivariant() -> None:
    wrong = check_multivariant("#EXTM3U\n#EXT-X-STREAM-INF:CODECS=avc1\na.m3u8\n#EXT-X-ENDLIST\n")
    assert [each.rpartition(" ")[2] for each in wrong] == ["BANDWIDTH", "quoted", "playlist"]
