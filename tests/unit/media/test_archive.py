"""Archive files from hand-made access units."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from sandbox.media import store
from sandbox.media.alerts import Alerts
from sandbox.media.archive import Archive
from sandbox.media.bitstream import VideoUnit
from sandbox.media.encode import AudioEncoder, VideoEncoder
from sandbox.media.output_settings import ArchiveGroup, ArchiveOutput
from sandbox.media.settings import AudioSettings, VideoSettings
from sandbox.media.store import PatientStore
from sandbox.media.timeline import Timeline
from sandbox.media.ts import PACKET

OUTPUT = ArchiveOutput("-$dt$", "m2ts", "v", "a")
GROUP = ArchiveGroup("archive", "bucket", "shows/tuesday", (OUTPUT,), rollover=2.0)
NAME = "shows/tuesday-20250615T150640.00000{}.m2ts"


class Bucket:
    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.away = False

    def put(self, key: str, body: bytes | Path, content_type: str) -> None:
        assert isinstance(body, Path)
        if self.away:
            raise OSError("unreachable")
        self.files[key] = body.read_bytes()

    def delete(self, key: str) -> None:
        raise AssertionError("nothing is deleted")


Make = Callable[[], Archive]


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture
def reports() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def make(tmp_path: Path, bucket: Bucket, reports: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> Make:
    monkeypatch.setattr(store, "RETRY_AFTER", 0.0)
    video = VideoEncoder(VideoSettings("v", 64, 48, Fraction(30), 100_000, 100_000, 30))
    audio = AudioEncoder(AudioSettings("a", 64_000, 48_000))
    timeline = Timeline(Fraction(30))
    timeline.utc = 1_750_000_000.0

    def archive() -> Archive:
        kept = PatientStore(bucket, "archive", Alerts(reports.append))
        return Archive(GROUP, OUTPUT, video, audio, timeline, kept, tmp_path / "archive")

    return archive


def record(archive: Archive, seconds: int) -> None:
    for n in range(seconds * 30):
        archive.add(VideoUnit(3_000 * n, 3_000 * n, n % 30 == 0, (b"\x65x",)))


def test_a_file_is_stored_when_it_is_closed(make: Make, bucket: Bucket, tmp_path: Path) -> None:
    archive = make()
    record(archive, 5)
    while len(bucket.files) < 2:
        archive._thread.join(0.01)
    assert [path.name for path in (tmp_path / "archive").glob("*.part")] == ["000002.part"]
    archive.finish(5)

    assert list(bucket.files) == [NAME.format(n) for n in (0, 1, 2)]
    for content in bucket.files.values():
        assert len(content) % PACKET == 0
        assert content[0] == 0x47
        assert content[1:3] == b"\x40\x00"  # each begins with the tables
    assert not list((tmp_path / "archive").iterdir())


def test_the_next_encoder_counts_on_and_forgets_what_was_open(make: Make, bucket: Bucket, tmp_path: Path) -> None:
    crashed = make()
    record(crashed, 3)
    while not (tmp_path / "archive" / "number").exists():
        crashed._thread.join(0.01)
    following = make()
    record(following, 1)
    following.finish(5)

    assert list(bucket.files) == [NAME.format(n) for n in (0, 1)]
    after_a_stop = make()
    record(after_a_stop, 1)
    after_a_stop.finish(5)
    assert list(bucket.files) == [NAME.format(n) for n in (0, 1)]


def test_a_store_that_is_away_is_told(make: Make, bucket: Bucket, reports: list[dict[str, Any]]) -> None:
    bucket.away = True
    archive = make()
    record(archive, 1)
    archive.finish(5)

    assert bucket.files == {}
    assert [(report["id"], report["set"]) for report in reports] == [("archive:store", True)]
