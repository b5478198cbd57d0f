"""The record button where the show ends at the same moment, and where the end is not stored yet."""

from datetime import UTC, datetime, timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from showrunner import aws
from showrunner.api import Call, Caller
from showrunner.cut import NothingStored
from showrunner.errors import Conflict, NotStoredYet, RecordingsUnsettled, StopRequested
from showrunner.executions import status
from showrunner.recording import RETRIES, Film, Playlist, Recording
from showrunner.session import Session, isotime, moment
from showrunner.store import Store
from tasks.announce_recording import NO_FILM
from tests.cloud import Cloud
from tests.inprocess import ENVIRONMENT, MACHINES
from tests.stored import stored
from workflows import recordings
from workflows.requests import Nothing, RecordingWish

ANN = Caller("ann")


@pytest.fixture
def live(table: Store, cloud: Cloud) -> Session:
    table.create_session(Session(id="show", owner="ann"))
    assert table.begin_attempt(table.session("show"), start=True)
    for state in ("starting", "live"):
        assert table.advance("show", 1, state, "test")
    return table.session("show")


def press(button: str, **wish: Any) -> Any:
    return getattr(recordings, button)(Call(ANN, RecordingWish(**wish)), "show")


def publishing(recording_id: str) -> str | None:
    return status(f"{MACHINES['recording'].replace(':stateMachine:', ':execution:')}:{recording_id}")


def closed(table: Store, start: datetime | None, end: datetime) -> Recording:
    recording, _ = table.open_recording(table.session("show"), 1, "recording", isotime(start) if start else None)
    table.close_recording(recording, isotime(end))
    return recording


def cut(**more: Any) -> Any:
    event = {"session_id": "show", "attempt": 1, "recording": 1, "execution": "arn:execution:show-1-1", **more}
    return import_module("tasks.cut_recording").handler(event, SimpleNamespace())


def store(start: datetime, segments: int, complete: bool = False) -> None:
    for name, data in stored(start, segments, complete=complete).items():
        aws.s3().put_object(Bucket=ENVIRONMENT["SHOWRUNNER_RECORDINGS_BUCKET"], Key=f"show/1/{name}", Body=data)


def test_no_window_is_opened_behind_the_cleanup_that_closes_them(live: Session, table: Store) -> None:
    table.mark("show", 1, "closing_at")  # the state is still live: this press was under way before the stop
    with pytest.raises(Conflict, match="is stopping: nothing more is recorded"):
        press("start")
    with pytest.raises(StopRequested):
        import_module("tasks.schedule_recording").handler({"session_id": "show", "attempt": 1}, None)
    assert table.recordings("show") == []


def test_a_stopped_recording_is_published_once_however_often_stop_is_pressed(live: Session, table: Store) -> None:
    press("start", since=30)
    assert [press("stop").status, press("stop").status] == [202, 200]
    assert publishing("show-1-1") == "RUNNING"
    (recording,) = table.recordings("show")
    assert recording.start is not None
    assert recording.end is not None
    window = datetime.fromisoformat(recording.end) - datetime.fromisoformat(recording.start)
    assert window.total_seconds() >= 30


def test_nothing_is_recorded_while_the_show_stops(live: Session, table: Store) -> None:
    table.advance("show", 1, "stopping", "test")
    with pytest.raises(Conflict, match="is stopping"):
        press("start")
    assert table.recordings("show") == []


def test_a_cut_waits_for_the_end_and_takes_what_there_is_when_it_never_comes(live: Session, table: Store) -> None:
    now = datetime.now(UTC)
    closed(table, now - timedelta(seconds=10), now)
    with pytest.raises(NotStoredYet):
        cut()
    store(now - timedelta(seconds=20), segments=8)
    with pytest.raises(NotStoredYet):
        cut()
    assert cut(as_is=True)["milliseconds"] == 6000
    store(now - timedelta(seconds=20), segments=8, complete=True)
    assert cut()["milliseconds"] == 6000  # again
    recording = table.recording("show", 1, 1)
    assert recording is not None
    assert recording.playlist is not None
    assert recording.playlist.key == "show/1/recordings/1/index.m3u8"


def test_an_armed_window_is_cut_from_the_first_picture(live: Session, table: Store) -> None:
    now = datetime.now(UTC)
    closed(table, None, now)
    store(now - timedelta(seconds=9), segments=5)
    assert cut()["milliseconds"] == 9000


def test_a_window_without_a_picture_is_told(live: Session, table: Store) -> None:
    now = datetime.now(UTC)
    closed(table, now - timedelta(seconds=10), now)
    store(now - timedelta(seconds=600), segments=5, complete=True)
    with pytest.raises(NothingStored):
        cut()


@pytest.mark.parametrize(("days", "state"), [(0, "published"), (2, "expired")])
def test_a_recording_whose_files_a_rule_has_removed_is_expired(
    live: Session, table: Store, days: int, state: str
) -> None:
    end = datetime.now(UTC) - timedelta(days=days, seconds=10)
    recording = closed(table, end - timedelta(seconds=10), end)
    playlist = Playlist("show/1/recordings/1/index.m3u8", 10_000)
    table.cut_recording(recording, playlist)
    table.add_film(recording, Film("show/1/recordings/1/film.mp4", "p.jpg", 1000, 10_000, 640, 360))
    table.publish_recording(recording)
    shown = view(recording.id)
    assert shown["state"] == state
    if state == "expired":
        assert (shown["film"], shown["playlist"], shown["seconds"]) == (None, None, 10.0)
        with pytest.raises(Conflict, match="were removed after the days that they are kept"):
            recordings.publish(Call(ANN, Nothing()), recording.id)
        assert [each["state"] for each in recordings.listing(Call(ANN, None), "show").body["recordings"]] == ["expired"]
        aws.s3().put_object(Bucket=ENVIRONMENT["SHOWRUNNER_RECORDINGS_BUCKET"], Key=playlist.key, Body=b"#EXTM3U")
        assert view(recording.id)["state"] == "published"
    else:
        address = parse_qs(urlsplit(shown["film"]["url"]).query)
        assert address["response-content-disposition"] == ['attachment; filename="show-1-1.mp4"']


def view(recording_id: str) -> Any:
    (shown,) = recordings.listing(Call(ANN, None), "show").body["recordings"]
    assert shown["id"] == recording_id
    return shown


def test_the_whole_show_is_recorded_although_that_could_not_be_begun(live: Session, table: Store) -> None:
    """ScheduleRecording failed, and the show went on: all of it is stored."""
    table.mark("show", 1, "live_at")
    table.mark("show", 1, "closing_at")
    for _ in range(2):
        import_module("tasks.close_recordings").handler({"session_id": "show", "attempt": 1}, SimpleNamespace())
    attempt, (recording,) = table.attempt("show", 1), table.recordings("show", 1)
    assert (recording.name, recording.state) == ("show", "closed")
    assert (recording.start, recording.end) == (attempt.live_at, attempt.closing_at)
    assert publishing(recording.id) == "RUNNING"


def test_a_show_that_was_never_live_or_is_recorded_by_hand_has_no_recording_of_its_own(
    live: Session, table: Store
) -> None:
    import_module("tasks.close_recordings").handler({"session_id": "show", "attempt": 1}, SimpleNamespace())
    assert table.recordings("show", 1) == []


def test_a_recording_without_a_film_says_why_even_where_that_could_not_be_noted(live: Session, table: Store) -> None:
    recording = closed(table, None, datetime.now(UTC))
    table.cut_recording(recording, Playlist("show/1/recordings/1/index.m3u8", 1000))
    about = {"session_id": "show", "attempt": 1, "recording": 1}
    import_module("tasks.announce_recording").handler(about, SimpleNamespace())
    found = table.recording("show", 1, 1)
    assert found is not None
    assert (found.state, found.film_failure) == ("published", NO_FILM)
    (text,) = [entry.text for entry in table.timeline("show") if "published" in entry.text]
    assert text.endswith(f"as a playlist without a film: {NO_FILM}")


REFUSED = {"Error": "ClientError", "Cause": "An error occurred (SlowDown) when calling the GetObject operation: Slow"}
LONG_AGO = "2026-01-01T00:00:00.000Z"


def kept(table: Store) -> Recording:
    found = table.recording("show", 1, 1)
    assert found is not None
    return found


def fail(table: Store, error: dict[str, str], playable: bool = False) -> Recording:
    """The recording after its execution has noted a failure."""
    about = {"session_id": "show", "attempt": 1, "recording": 1, "error": error, "playable": playable}
    import_module("tasks.note_recording_failure").handler(about, SimpleNamespace())
    return kept(table)


@pytest.mark.parametrize("playable", [False, True])
def test_a_failure_that_may_pass_is_worth_some_more_tries(live: Session, table: Store, playable: bool) -> None:
    closed(table, None, datetime.now(UTC))
    name = "film_failure" if playable else "reason"
    for pause in RETRIES:
        failed = fail(table, REFUSED, playable)
        assert failed.retry_at is not None
        assert abs((moment(failed.retry_at) - datetime.now(UTC)).total_seconds() - pause) < 30
        said = f"AWS refused GetObject: Slow. It is tried again after the show, not before {failed.retry_at}."
        assert getattr(failed, name) == said
        assert fail(table, REFUSED, playable) == failed, "noted twice, it is one failure"
        assert table.try_again(failed)
        assert not table.try_again(failed), "begun by another archive"
    failed = fail(table, REFUSED, playable)
    assert (getattr(failed, name), failed.retry_at) == ("AWS refused GetObject: Slow", None)


@pytest.mark.parametrize("error", ["NothingStored", "RecordingDamaged"])
def test_what_does_not_pass_is_not_tried_again(live: Session, table: Store, error: str) -> None:
    closed(table, None, datetime.now(UTC))
    failed = fail(table, {"Error": error, "Cause": '{"errorMessage": "It is gone."}'})
    assert (failed.state, failed.reason, failed.retry_at) == ("failed", "It is gone.", None)


def settle() -> None:
    about = {"session_id": "show", "attempt": 1, "execution": "arn:execution:show-1-end"}
    import_module("tasks.settle_recordings").handler(about, SimpleNamespace())


def begun(cloud: Cloud) -> int:
    asked = {"stateMachineArn": MACHINES["recording"]}
    return len(cloud.client("stepfunctions").list_executions(**asked)["executions"])


@pytest.mark.parametrize(("retry_at", "again"), [(LONG_AGO, 1), ("2100-01-01T00:00:00.000Z", 0)])
def test_what_failed_is_published_again_once_it_is_time(
    live: Session, table: Store, cloud: Cloud, retry_at: str, again: int
) -> None:
    table.fail_recording(closed(table, None, datetime.now(UTC)), "AWS refused it", retry_at)
    settle()  # while the show goes on, nothing is waited for
    assert begun(cloud) == 0
    table.mark("show", 1, "ended_at")
    with pytest.raises(RecordingsUnsettled):
        settle()
    assert begun(cloud) == kept(table).tries == again


def test_nobody_tries_again_what_was_published_or_failed_for_good(live: Session, table: Store, cloud: Cloud) -> None:
    recording = closed(table, None, datetime.now(UTC))
    table.mark("show", 1, "ended_at")
    table.fail_recording(recording, "It is gone.")
    settle()
    table.fail_recording(recording, "AWS refused it", LONG_AGO)
    recording.film = Film("film", "picture", 1, 1000, 640, 360)
    table.add_film(recording, recording.film)
    table.publish_recording(recording)
    settle()
    assert begun(cloud) == 0
    assert (kept(table).state, kept(table).reason, kept(table).retry_at) == ("published", None, None)
