"""What stays of a show in the sandbox: recordings exact at both ends, nothing outside them, nothing after a DELETE."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from recorder.demux import CLOCK, demux
from showrunner.cut import segments
from tests.state_machines.test_record_button import record, settled
from tests.stored import files
from tests.studio import Studio, eventually
from tests.unit.recorder.material import BEGIN, RATE, Show, play, show, stored_pictures

AGO = 20  # seconds before now at which the show began


@pytest.fixture(scope="module")
def pictures() -> Show:
    """40 s; the dates are moved by `live`."""
    return show(40)


class Stage:
    """A session that is live, with a show in its store that goes from AGO before now to as long after."""

    def __init__(self, studio: Studio, pictures: Show, **wish: Any) -> None:
        self.studio = studio
        self.id = studio.create(**wish)
        studio.press(self.id, "start")
        studio.until(self.id, "live")
        self.began = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=AGO)
        for name, data in files(pictures, self.began - BEGIN, complete=True).items():
            self.put(f"{self.id}/1/{name}", data)

    def put(self, key: str, data: bytes) -> None:
        self.studio.aws["s3"].put_object(Bucket=self.studio.outputs["RecordingsBucket"], Key=key, Body=data)

    def record(self, since: int, name: str = "recording") -> dict[str, Any]:
        """A window that ends now, published."""
        made: dict[str, Any] = record(self.studio, self.id, "start", since=since, name=name)["recording"]
        record(self.studio, self.id, "stop", name=name)
        return settled(self.studio, made["id"])

    def window(self, recording: dict[str, Any]) -> range:
        """The counters of its pictures: those that begin half a picture before it or later."""
        ends = [datetime.fromisoformat(recording[each]) - self.began for each in ("start", "end")]
        picture = CLOCK // RATE
        first, last = (-((picture // 2 - end // timedelta(milliseconds=1) * 90) // picture) for end in ends)
        return range(first, last)

    def end(self) -> None:
        self.studio.press(self.id, "stop")
        self.studio.until(self.id, "ended")
        self.archived()

    def archived(self) -> None:
        def look() -> bool:
            (row,) = [row for row in self.studio.rows(self.id) if row["sk"]["S"].startswith("ATTEMPT#")]
            return "archived_at" in row

        eventually(look, 60, "the archive")

    def keys(self, prefix: str = "") -> list[str]:
        pages = self.studio.aws["s3"].get_paginator("list_objects_v2")
        found = pages.paginate(Bucket=self.studio.outputs["RecordingsBucket"], Prefix=f"{self.id}{prefix}")
        return [each["Key"] for page in found for each in page.get("Contents", [])]

    def stored(self) -> list[str]:
        """The show's own segments."""
        return [key for key in self.keys("/1/") if "/recordings/" not in key and key.endswith(".ts")]

    def read(self, key: str) -> bytes:
        data: bytes = (
            self.studio.aws["s3"].get_object(Bucket=self.studio.outputs["RecordingsBucket"], Key=key)["Body"].read()
        )
        return data


@pytest.fixture
def live(studio: Studio, pictures: Show) -> Iterator[Stage]:
    stage = Stage(studio, pictures)
    yield stage
    studio.press(stage.id, "stop")
    studio.until(stage.id, "ended")


def test_nothing_outside_the_recordings_stays(live: Stage) -> None:
    others = [f"{live.id}/2/index_360p30_00001.ts", f"{live.id}/11/index_360p30_00001.ts", f"{live.id}x/1/a.ts"]
    for key in others:
        live.put(key, b"another's")
    first, second = live.record(since=9), live.record(since=4, name="talk")
    assert len(live.stored()) == 20
    live.end()

    for recording in (first, second):
        film = httpx.get(recording["film"]["url"]).content
        played = play(film)
        assert played.counters == list(live.window(recording))
        assert stored_pictures(film) == len(played.counters), "pictures from before the window are hidden in the film"
        text = live.studio.playlist(recording)
        assert "TIME-OFFSET=0.000" in text
        folder = recording["playlist"].partition(f"{live.id}/")[2].removesuffix("index.m3u8")
        counted = 0
        for segment in segments(text):
            inside = segment.uri.removeprefix("../../")
            key = f"{live.id}/1/{inside}" if inside != segment.uri else f"{live.id}/{folder}{segment.uri}"
            counted += len(demux(live.read(key)).pictures)
        assert counted == len(live.window(recording))

    named = {segment.uri for each in (first, second) for segment in segments(live.studio.playlist(each))}
    kept = {f"{live.id}/1/{uri.removeprefix('../../')}" for uri in named if uri.startswith("../../")}
    assert set(live.stored()) == kept
    assert {f"{live.id}/1/{s.uri}" for s in segments(live.read(f"{live.id}/1/index_360p30.m3u8").decode())} == kept
    (proof,) = [entry["text"] for entry in live.studio.timeline(live.id) if entry["kind"].startswith("privacy")]
    gone = 20 - len(kept)
    assert proof.startswith(f"Privacy: {gone} stored segments were in no recording and are deleted, {len(kept)} stay;")
    assert {*live.keys("/2/"), *live.keys("/11/"), *live.keys("x/1/")} == set(others)
    name = f"{live.id}-1-end"
    assert [state["name"] for state in live.studio.history(live.id, name)] == [
        "SettleRecordings",
        "ClearShow",
        "Archived",
    ]


def test_a_show_that_nobody_recorded_does_not_stay(live: Stage) -> None:
    live.end()
    assert live.stored() == []
    assert segments(live.read(f"{live.id}/1/index_360p30.m3u8").decode()) == []


def test_a_show_stays_whole_where_its_owner_keeps_it(studio: Studio, pictures: Show) -> None:
    stage = Stage(studio, pictures, privacy="keep")
    recording = stage.record(since=5)
    stage.end()
    assert len(stage.stored()) == 20
    film = httpx.get(recording["film"]["url"]).content
    assert play(film).counters == list(stage.window(recording))


def test_a_deleted_recording_is_gone_and_leaves_the_others_theirs(live: Stage) -> None:
    first, second = live.record(since=12), live.record(since=5, name="talk")
    call = live.studio.call
    running = record(live.studio, live.id, "start", name="more")["recording"]
    refused = call("DELETE", f"/recordings/{running['id']}")
    assert (refused.status_code, refused.json()["error"]) == (409, "Conflict")
    record(live.studio, live.id, "stop", name="more")
    live.end()
    kept = live.stored()

    ben = live.studio.another(f"{live.id}@example.com".lower())
    assert ben.call("DELETE", f"/recordings/{first['id']}").status_code == 404
    for _ in range(2):
        assert call("DELETE", f"/recordings/{first['id']}").status_code == 202
    assert call("GET", f"/recordings/{first['id']}").status_code == 404
    assert call("POST", f"/recordings/{first['id']}/publish").status_code == 404
    listed = call("GET", f"/sessions/{live.id}/recordings").json()["recordings"]
    assert [each["name"] for each in listed] == ["talk", "more"]
    entries = [entry["text"] for entry in live.studio.timeline(live.id)]
    assert [text for text in entries if text.startswith(f"Recording '{first['id']}'")] == [
        f"Recording '{first['id']}' runs.",
        f"Recording '{first['id']}' has ended, and is being published",
        f"Recording '{first['id']}' is published: {first['seconds']:.1f} s, {first['film']['size'] / 1e6:.1f} MB",
        f"Recording '{first['id']}' is deleted by its owner",
    ]
    eventually(lambda: live.keys("/1/recordings/1/") == [], what="the deletion")
    eventually(lambda: len(live.stored()) < len(kept), what="the deletion of its segments")
    film = httpx.get(call("GET", f"/recordings/{second['id']}").json()["film"]["url"]).content
    assert play(film).counters == list(live.window(second))
    for segment in segments(live.studio.playlist(second)):
        assert segment.uri in ("first.ts", "last.ts") or f"{live.id}/1/{segment.uri[6:]}" in live.stored()


def test_what_nobody_publishes_any_more_is_published_at_the_end(studio: Studio, pictures: Show) -> None:
    stage = Stage(studio, pictures)
    short = files(pictures, stage.began - BEGIN, seconds=AGO - 10)
    for name in ("index.m3u8", "index_360p30.m3u8"):
        stage.put(f"{stage.id}/1/{name}", short[name])
    recording = record(studio, stage.id, "start", since=15)["recording"]
    record(studio, stage.id, "stop")
    arn = studio.recording_arn(recording["id"])
    studio.aws["stepfunctions"].stop_execution(executionArn=arn)
    assert studio.ended(arn) == "ABORTED"
    whole = files(pictures, stage.began - BEGIN, complete=True)
    stage.put(f"{stage.id}/1/index_360p30.m3u8", whole["index_360p30.m3u8"])
    stage.end()
    published = studio.call("GET", f"/recordings/{recording['id']}").json()
    assert published["state"] == "published"
    assert play(httpx.get(published["film"]["url"]).content).counters == list(stage.window(published))


def test_a_recording_without_a_film_can_be_published_again(live: Stage) -> None:
    record(live.studio, live.id, "start", since=9)
    missing = live.stored()[7]
    data = live.read(missing)
    live.studio.aws["s3"].delete_object(Bucket=live.studio.outputs["RecordingsBucket"], Key=missing)
    running = live.studio.call("POST", f"/recordings/{live.id}-1-1/publish")
    assert running.status_code == 409
    record(live.studio, live.id, "stop")
    recording = settled(live.studio, f"{live.id}-1-1")
    assert (recording["state"], recording["film"]) == ("published", None)
    live.put(missing, data)

    answers = [live.studio.call("POST", f"/recordings/{recording['id']}/publish") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]

    def film() -> Any:
        return live.studio.call("GET", f"/recordings/{recording['id']}").json()["film"]

    made = eventually(film, 60, "the film")
    assert play(httpx.get(made["url"]).content).counters == list(live.window(recording))
    again = live.studio.call("POST", f"/recordings/{recording['id']}/publish")
    assert (again.status_code, again.json()["recording"]["film"]["size"]) == (200, made["size"])
    assert [each["id"] for each in live.studio.call("GET", f"/sessions/{live.id}/recordings").json()["recordings"]] == [
        recording["id"]
    ]
