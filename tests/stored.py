"""A stored show for the tests: the playlists that MediaLive's HLS output would have written, and what they name."""

from datetime import datetime, timedelta
from functools import cache

from showrunner.session import isotime
from tests.unit.recorder.material import Show, show

SECONDS = 2.0  # of a segment
MASTER = b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1100000\nindex_360p30.m3u8\n"


def stored(start: datetime, segments: int, *, complete: bool = False) -> dict[str, bytes]:
    """File name -> content: a master playlist, a media playlist whose first picture is of `start`, and its segments."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:4", f"#EXT-X-TARGETDURATION:{round(SECONDS)}", "#EXT-X-MEDIA-SEQUENCE:1"]
    names = [f"index_360p30_{number + 1:05d}.ts" for number in range(segments)]
    for number, name in enumerate(names):
        moment = start + timedelta(seconds=number * SECONDS)
        lines += [f"#EXT-X-PROGRAM-DATE-TIME:{isotime(moment)}", f"#EXTINF:{SECONDS:.5f},", name]
    lines += ["#EXT-X-ENDLIST"] if complete else []
    playlists = {"index.m3u8": MASTER, "index_360p30.m3u8": "\n".join([*lines, ""]).encode()}
    return playlists | dict.fromkeys(names, segment())


def files(show: Show, later: timedelta, *, complete: bool = False, seconds: float | None = None) -> dict[str, bytes]:
    """File name -> content of a show of the tests' own, `later` than its dates; the playlist has `seconds` of it."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:4", "#EXT-X-TARGETDURATION:2", "#EXT-X-MEDIA-SEQUENCE:1"]
    for each in show.segments:
        if seconds is None or each.start < show.segments[0].start + timedelta(seconds=seconds):
            lines += ["#EXT-X-DISCONTINUITY"] if each.discontinuity else []
            lines += [
                f"#EXT-X-PROGRAM-DATE-TIME:{isotime(each.start + later)}",
                f"#EXTINF:{each.seconds:.5f},",
                each.uri,
            ]
    lines += ["#EXT-X-ENDLIST"] if complete else []
    return {"index.m3u8": MASTER, "index_360p30.m3u8": "\n".join([*lines, ""]).encode(), **show.data}


@cache
def segment() -> bytes:
    """Every segment is the same one."""
    (data,) = show(SECONDS).data.values()
    return data
