"""What MediaLive's HLS output stores of a show, and stand-ins for the work on video: neither is what is simulated."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

from msgspec.structs import replace

from sandbox.media.plane import Encoder, Report, SimulatedPlane
from showrunner.cut import Cut, Segment
from showrunner.session import isotime
from tests.simulation.s3 import S3

SECONDS = 2.0  # of a segment
MASTER = b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1100000\nindex_main.m3u8\n"
HEAD = ["#EXTM3U", "#EXT-X-VERSION:4", "#EXT-X-TARGETDURATION:2", "#EXT-X-MEDIA-SEQUENCE:1"]


class Show:
    """One channel's stored show: a line of segments for each run of its encoder."""

    def __init__(self, bucket: str, folder: str) -> None:
        self.bucket = bucket
        self.folder = folder
        self.lines = list(HEAD)
        self.begun: float | None = None
        self.stored = 0

    def begin(self, now: float) -> None:
        if self.stored:
            self.lines.append("#EXT-X-DISCONTINUITY")
        self.begun = now

    def store(self, s3: S3, now: float, *, complete: bool = False) -> None:
        """All segments that are whole by now; at the end a last, shorter one."""
        objects = s3.objects[self.bucket]
        while self.begun is not None and (length := min(SECONDS, now - self.begun)) > 0.1:
            if length < SECONDS and not complete:
                break
            self.stored += 1
            name = f"index_main_{self.stored:05d}.ts"
            moment = isotime(datetime.fromtimestamp(self.begun, UTC))
            self.lines += [f"#EXT-X-PROGRAM-DATE-TIME:{moment}", f"#EXTINF:{length:.5f},", name]
            objects[f"{self.folder}/{name}"] = b"a segment"
            self.begun += length
        if complete:
            self.begun = None
        end = ["#EXT-X-ENDLIST"] if complete else []
        objects[f"{self.folder}/index.m3u8"] = MASTER
        objects[f"{self.folder}/index_main.m3u8"] = "\n".join([*self.lines, *end, ""]).encode()


class StoringPlane(SimulatedPlane):
    """A plane whose channels store their show as well, in `s3`."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.shows: dict[str, Show] = {}  # by its folder
        self._s3: S3 | None = None

    def store_in(self, s3: S3) -> None:
        """From now on; without it nothing is stored."""
        self._s3 = s3
        s3.before_read = self._catch_up

    def start(self, channel: dict[str, Any], inputs: dict[str, dict[str, Any]], report: Report) -> Encoder:
        show = self._show(channel)

        def hear(told: dict[str, Any]) -> None:
            if show is not None and told["event"] == "running":
                show.begin(self.clock.time())
            if show is not None and told["event"] == "died":
                show.store(self.s3, self.clock.time())
                show.begun = None
            report(told)

        encoder = super().start(channel, inputs, hear)
        stop = encoder.stop

        def finish(stopped: Callable[[], None]) -> None:
            if show is not None:
                show.store(self.s3, self.clock.time(), complete=True)
            stop(stopped)

        encoder.stop = finish  # type: ignore[method-assign]
        return encoder

    @property
    def s3(self) -> S3:
        assert self._s3 is not None
        return self._s3

    def _show(self, channel: dict[str, Any]) -> Show | None:
        urls = [each["Url"] for to in channel["Destinations"] for each in to.get("Settings", []) if "Url" in each]
        for url in map(urlsplit, urls if self._s3 else ()):
            if url.scheme == "s3ssl":
                folder = url.path.strip("/").rpartition("/")[0]
                return self.shows.setdefault(folder, Show(url.netloc, folder))
        return None

    def _catch_up(self, bucket: str, key: str) -> None:
        for folder, show in self.shows.items():
            if show.begun is not None and key.startswith(f"{folder}/"):
                show.store(self.s3, self.clock.time())


def _trim(whole: bytes, segment: Segment, start: datetime, end: datetime, *_: Any) -> Any:
    first, last = max(start, segment.start), min(end, segment.end)
    if last <= first:
        return None
    piece = replace(segment, start=first, seconds=(last - first).total_seconds())
    return SimpleNamespace(data=whole if piece == segment else b"a piece", segment=piece)


def _write(this: Cut, read: Callable[[str], bytes], upload: Any) -> Any:
    size = sum(len(read(segment.uri)) for segment in this.segments)
    upload.write(b"the film")
    upload.first(b"its index")
    return SimpleNamespace(size=size, frame=0.04, sound=0.02, width=640, height=360)


@contextmanager
def without_video() -> Iterator[None]:
    """The tasks read, write and ask as they do; no picture is decoded."""
    with (
        patch("recorder.boundary.trim", _trim),
        patch("tasks.make_film.write_mp4", _write),
        patch("tasks.make_film.check", lambda stored, seconds, *_: stored.read() and seconds),
        patch("tasks.make_film.thumbnail", lambda stored: stored.read() and b"a picture"),
    ):
        yield
