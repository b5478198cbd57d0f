"""The record button in the sandbox: windows, their names, and what becomes of them. The show's store is made up."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from showrunner.cut import segments
from tests.stored import stored
from tests.studio import Studio, eventually
from tests.unit.recorder.material import play


def record(studio: Studio, show: str, button: str, **wish: Any) -> dict[str, Any]:
    answer = studio.call("POST", f"/sessions/{show}/recording/{button}", wish or None)
    assert answer.status_code in (200, 202), answer.text
    said: dict[str, Any] = answer.json()
    return said


def store(studio: Studio, show: str, count: int, *, complete: bool = False, ago: float = 20.0) -> None:
    """What MediaLive has stored, beginning `ago` seconds before now."""
    for name, data in stored(datetime.now(UTC) - timedelta(seconds=ago), count, complete=complete).items():
        studio.aws["s3"].put_object(Bucket=studio.outputs["RecordingsBucket"], Key=f"{show}/1/{name}", Body=data)


def settled(studio: Studio, recording_id: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        shown: dict[str, Any] = studio.call("GET", f"/recordings/{recording_id}").json()
        return shown if shown["state"] in ("published", "failed") else None

    return eventually(look, 60, f"the publication of {recording_id}")


def test_windows_in_one_show_overlap_and_are_cut_exactly(studio: Studio) -> None:
    show = studio.create(record="auto")
    studio.press(show, "start")
    studio.until(show, "live")
    store(studio, show, 30)  # from 20 s ago to 40 s ahead: every window's end is covered

    first = record(studio, show, "start", since=5)
    assert first["message"] == f"Recording '{show}-1-2' runs."
    assert record(studio, show, "start")["message"] == f"Recording '{show}-1-2' runs already."
    interview = record(studio, show, "start", name="interview")["recording"]
    (channel,) = studio.channels(show)
    actions = studio.aws["medialive"].describe_schedule(ChannelId=channel["Id"])["ScheduleActions"]
    settings = [action["ScheduleActionSettings"] for action in actions]
    tags = [each["HlsId3SegmentTaggingSettings"]["Tag"] for each in settings if "InputSwitchSettings" not in each]
    assert f"showrunner:{show}-1-1,{show}-1-2,{show}-1-3" in tags

    stopped = record(studio, show, "stop")["recording"]
    assert (stopped["id"], stopped["state"]) == (f"{show}-1-2", "closed")
    assert record(studio, show, "stop")["recording"] is None
    published = settled(studio, stopped["id"])
    assert published["state"] == "published"
    window = datetime.fromisoformat(published["end"]) - datetime.fromisoformat(published["start"])
    assert published["seconds"] == pytest.approx(window.total_seconds(), abs=0.002)
    assert published["seconds"] >= 5
    text = studio.playlist(published)
    assert text.endswith("#EXT-X-ENDLIST\n")
    offset = float(text.partition("TIME-OFFSET=")[2].partition(",")[0])
    assert segments(text)[0].start + timedelta(seconds=offset) == datetime.fromisoformat(published["start"])
    assert all(segment.uri.startswith("../../index_360p30_") for segment in segments(text))

    assert studio.ended(studio.recording_arn(stopped["id"])) == "SUCCEEDED"
    states = [state["name"] for state in studio.history(show, stopped["id"])]
    assert states == ["CutRecording", "MakeFilm", "AnnounceRecording", "Published"]

    studio.press(show, "stop")
    studio.until(show, "ended")
    for recording_id in (interview["id"], f"{show}-1-1"):
        assert settled(studio, recording_id)["state"] == "published"
        assert studio.ended(studio.recording_arn(recording_id)) == "SUCCEEDED"
    listed = studio.call("GET", f"/sessions/{show}/recordings").json()["recordings"]
    assert [(r["name"], r["state"]) for r in listed] == [
        ("show", "published"),
        ("recording", "published"),
        ("interview", "published"),
    ]
    assert "recording-2" in str(studio.call("GET", f"/sessions/{show}/timeline").json())
    studio.assert_nothing_left(show)


@contextmanager
def next_event(studio: Studio, detail_type: str) -> Iterator[Callable[[], dict[str, Any]]]:
    """The detail of Showrunner's event of this type that comes next, to whoever has a rule for it."""
    name = detail_type.replace(" ", "-")
    events, sqs = (studio.sandbox.session().client(each, endpoint_url=studio.sandbox.url) for each in ("events", "sqs"))
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allowed = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = {"Version": "2012-10-17", "Statement": [{**allowed, "Resource": arn}]}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(policy)})
    pattern = {"source": ["showrunner"], "detail-type": [detail_type]}
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])

    def next_one() -> dict[str, Any]:
        (message,) = eventually(lambda: sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages"))
        detail: dict[str, Any] = json.loads(message["Body"])["detail"]
        return detail

    yield next_one
    events.remove_targets(Rule=name, Ids=["queue"])
    events.delete_rule(Name=name)
    sqs.delete_queue(QueueUrl=queue)


@pytest.fixture
def told(studio: Studio) -> Iterator[Callable[[], dict[str, Any]]]:
    with next_event(studio, "Recording Published") as next_one:
        yield next_one


def test_a_film_is_made_and_can_be_fetched_by_its_address(
    studio: Studio, told: Callable[[], dict[str, Any]], tmp_path: Path
) -> None:
    show = studio.create()
    studio.press(show, "start")
    studio.until(show, "live")
    store(studio, show, 20)
    recording = record(studio, show, "start", since=7)["recording"]
    record(studio, show, "stop")
    published = settled(studio, recording["id"])
    film = published["film"]
    assert published["film_failure"] is None
    assert film["seconds"] == pytest.approx(published["seconds"], abs=1 / 30)
    assert (film["width"], film["height"]) == (320, 180)
    fetched = httpx.get(film["url"])
    assert (fetched.status_code, fetched.headers["content-type"]) == (200, "video/mp4")
    assert fetched.headers["content-disposition"] == f'attachment; filename="{recording["id"]}.mp4"'
    assert len(fetched.content) == film["size"]
    assert play(fetched.content).seconds == pytest.approx(film["seconds"], abs=0.001)
    target = tmp_path / "film.mp4"
    command = [sys.executable, "-c", "from showrunner.cli import main; main()", "record", "download", recording["id"]]
    downloaded = subprocess.run(
        [*command, "--to", str(target)], env={**os.environ, **studio.sandbox.env}, capture_output=True, text=True
    )
    assert downloaded.returncode == 0, downloaded.stderr
    assert target.read_bytes() == fetched.content
    picture = httpx.get(film["picture_url"])
    assert (picture.headers["content-type"], picture.content[:2]) == ("image/jpeg", b"\xff\xd8")
    assert httpx.get(film["url"].partition("?")[0]).status_code == 403
    wanted = (timedelta(minutes=14), timedelta(minutes=15))
    assert wanted[0] < datetime.fromisoformat(film["expires_at"]) - datetime.now(UTC) <= wanted[1]
    (entry,) = [e for e in studio.timeline(show) if e["kind"] == "published-1"]
    assert entry["text"].endswith(f"{film['size'] / 1e6:.1f} MB")
    folder = f"{show}/1/recordings/1"
    assert told() == {
        "session_id": show,
        "recording_id": recording["id"],
        "milliseconds": round(published["seconds"] * 1000),
        "gaps": 0,
        "playlist_key": f"{folder}/index.m3u8",
        "film": {"key": f"{folder}/film.mp4", "picture_key": f"{folder}/picture.jpg", "size": film["size"]},
        "film_failure": None,
    }
    studio.press(show, "stop")
    studio.until(show, "ended")


def test_a_film_that_cannot_be_made_leaves_the_playlist_and_says_why(studio: Studio) -> None:
    show = studio.create()
    studio.press(show, "start")
    studio.until(show, "live")
    store(studio, show, 20)
    bucket, key = studio.outputs["RecordingsBucket"], f"{show}/1/index_360p30_00010.ts"
    studio.aws["s3"].delete_object(Bucket=bucket, Key=key)
    recording = record(studio, show, "start", since=7)["recording"]
    record(studio, show, "stop")
    published = settled(studio, recording["id"])
    assert (published["state"], published["film"]) == ("published", None)
    assert published["film_failure"] == "The segment ../../index_360p30_00010.ts is not stored any more."
    assert studio.playlist(published).endswith("#EXT-X-ENDLIST\n")
    states = [state["name"] for state in studio.history(show, recording["id"])]
    assert states == ["CutRecording", "MakeFilm", "NoteFilmFailure", "AnnounceRecording", "Published"]
    assert studio.aws["s3"].list_multipart_uploads(Bucket=bucket).get("Uploads", []) == []
    studio.press(show, "stop")
    studio.until(show, "ended")


def test_a_window_before_the_show_is_armed_and_begins_with_the_first_picture(studio: Studio) -> None:
    show = studio.create()
    early = studio.call("POST", f"/sessions/{show}/recording/start")
    assert (early.status_code, early.json()["error"]) == (409, "Conflict")
    studio.press(show, "prepare")
    studio.until(show, "ready")
    armed = record(studio, show, "start")["recording"]
    assert (armed["state"], armed["start"]) == ("armed", None)
    studio.press(show, "start")
    studio.until(show, "live")
    store(studio, show, 10, ago=10)
    record(studio, show, "stop")
    published = settled(studio, armed["id"])
    assert published["state"] == "published"
    assert 9 <= published["seconds"] <= 20
    assert "TIME-OFFSET=0.000" in studio.playlist(published)
    studio.press(show, "stop")
    studio.until(show, "ended")


def test_a_window_of_which_nothing_was_stored_fails_with_a_reason(studio: Studio) -> None:
    show = studio.create()
    studio.press(show, "start")
    studio.until(show, "live")
    recording = record(studio, show, "start")["recording"]
    store(studio, show, 1, ago=600, complete=True)
    record(studio, show, "stop")
    failed = settled(studio, recording["id"])
    assert failed["state"] == "failed"
    assert failed["reason"].startswith("Nothing was stored while this recording ran")
    studio.press(show, "stop")
    studio.until(show, "ended")


def test_a_show_that_stores_nothing_cannot_be_recorded(studio: Studio) -> None:
    show = studio.create(record="off")
    answer = studio.call("POST", f"/sessions/{show}/recording/start")
    assert (answer.status_code, answer.json()["error"]) == (409, "Conflict")
    assert "record 'off'" in answer.json()["message"]


def test_recordings_are_the_owners(studio: Studio) -> None:
    show = studio.create()
    studio.press(show, "start")
    studio.until(show, "live")
    recording = record(studio, show, "start")["recording"]
    ben = studio.another("not-the-owner@example.com")
    for method, path in (
        ("POST", f"/sessions/{show}/recording/start"),
        ("POST", f"/sessions/{show}/recording/stop"),
        ("GET", f"/sessions/{show}/recordings"),
        ("GET", f"/recordings/{recording['id']}"),
        ("GET", "/recordings/nothing-like-it"),
    ):
        assert ben.call(method, path).status_code == 404, path
    assert studio.call("POST", f"/sessions/{show}/recording/start", {"name": "Über"}).status_code == 400
    store(studio, show, 30)
    studio.press(show, "stop")
    studio.until(show, "ended")
    assert settled(studio, recording["id"])["state"] == "published"
