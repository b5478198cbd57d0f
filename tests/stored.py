"""A stored show for the tests: the playlists that MediaLive's HLS output would have written."""

from datetime import datetime, timedelta

from showrunner.session import isotime


def playlists(start: datetime, segments: int, *, complete: bool = False, seconds: float = 2.0) -> dict[str, str]:
    """File name -> text: a master playlist, and a media playlist whose first picture is of `start`."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:4", f"#EXT-X-TARGETDURATION:{round(seconds)}", "#EXT-X-MEDIA-SEQUENCE:1"]
    for number in range(segments):
        moment = start + timedelta(seconds=number * seconds)
        lines += [f"#EXT-X-PROGRAM-DATE-TIME:{isotime(moment)}", f"#EXTINF:{seconds:.5f},"]
        lines.append(f"index_360p30_{number + 1:05d}.ts")
    lines += ["#EXT-X-ENDLIST"] if complete else []
    master = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1100000\nindex_360p30.m3u8\n"
    return {"index.m3u8": master, "index_360p30.m3u8": "\n".join(lines) + "\n"}
