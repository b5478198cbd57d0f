"""A stored show for the tests: the playlists that MediaLive's HLS output would have written, and what they name."""

from datetime import datetime, timedelta
from functools import cache

from showrunner.session import isotime
from tests.unit.recorder.material import show

SECONDS = 2.0  # of a segment


def stored(start: datetime, segments: int, *, complete: bool = False) -> dict[str, bytes]:
    """File name -> content: a master playlist, a media playlist whose first picture is of `start`, and its segments."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:4", f"#EXT-X-TARGETDURATION:{round(SECONDS)}", "#EXT-X-MEDIA-SEQUENCE:1"]
    names = [f"index_360p30_{number + 1:05d}.ts" for number in range(segments)]
    for number, name in enumerate(names):
        moment = start + timedelta(seconds=number * SECONDS)
        lines += [f"#EXT-X-PROGRAM-DATE-TIME:{isotime(moment)}", f"#EXTINF:{SECONDS:.5f},", name]
    lines += ["#EXT-X-ENDLIST"] if complete else []
    master = b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1100000\nindex_360p30.m3u8\n"
    playlists = {"index.m3u8": master, "index_360p30.m3u8": "\n".join([*lines, ""]).encode()}
    return playlists | dict.fromkeys(names, segment())


@cache
def segment() -> bytes:
    """Every segment is the same one."""
    (data,) = show(SECONDS).data.values()
    return data
