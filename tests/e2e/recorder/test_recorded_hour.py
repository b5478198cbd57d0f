"""Segments become a film: an hour in bounded memory, and windows from S3 to S3, looked at there."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from recorder.checks import check
from recorder.mp4 import write_mp4
from recorder.picture import thumbnail
from recorder.ranges import stored_object
from recorder.upload import Upload
from tests.e2e.recorder.one_hour import window
from tests.unit.recorder.material import Show, play, show

BUCKET = "recordings"
MEGABYTE = 1 << 20
REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def stored() -> Show:
    return show(10)


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    with mock_aws():
        client = boto3.client("s3", "us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
        client.create_bucket(Bucket=BUCKET)
        yield client


def test_more_than_an_hour_in_bounded_memory(stored: Show, tmp_path: Path) -> None:
    for uri, data in stored.data.items():
        (tmp_path / uri).write_bytes(data)
    command = [sys.executable, "-m", "tests.e2e.recorder.one_hour", str(tmp_path), "3700"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=120, check=True)
    film = json.loads(done.stdout)

    assert film["seconds"] == pytest.approx(3_700, abs=1e-3)
    assert film["index_first"]
    assert film["size"] == (tmp_path / "film.mp4").stat().st_size > 50 * MEGABYTE
    assert film["grown"] < 16 * MEGABYTE
    with (tmp_path / "film.mp4").open("rb") as file:
        assert check(file, 3_700, film["frame"]) == pytest.approx(3_700, abs=1e-3)


def test_from_s3_to_s3_and_again(stored: Show, s3: Any) -> None:
    for uri, data in stored.data.items():
        s3.put_object(Bucket=BUCKET, Key=uri, Body=data)
    this = window(list(stored.data), 750)
    tags = []
    for _ in range(2):
        with Upload(s3, BUCKET, "film.mp4", part_size=5 * MEGABYTE) as sink:
            film = write_mp4(this, lambda uri: s3.get_object(Bucket=BUCKET, Key=uri)["Body"].read(), sink)
        found = s3.head_object(Bucket=BUCKET, Key="film.mp4")
        tags.append(found["ETag"])

    assert tags[0] == tags[1]
    assert tags[0].endswith('-3"')
    assert film.size == found["ContentLength"]
    assert found["ContentType"] == "video/mp4"
    assert s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []) == []
    reader = stored_object(s3, BUCKET, "film.mp4")
    assert check(reader, this.seconds, film.frame) == pytest.approx(750, abs=1e-3)
    reader.seek(0)
    assert thumbnail(reader)[:2] == b"\xff\xd8"


@pytest.mark.parametrize(("first", "last"), [(-90, 75), (50, 200), (199, 900)])
def test_windows_overlap_each_other_and_the_show(stored: Show, first: int, last: int) -> None:
    this, made = stored.cut(first, last), stored.film(first, last)
    played = play(made.data)

    assert played.counters == list(range(max(0, first), min(300, last)))
    assert played.seconds == pytest.approx(this.seconds, abs=1e-3)
    assert played.flash_times()[-2:] == pytest.approx(played.beep_times()[-2:], abs=0.0015)
