"""The film of a recording in process: however often it is made it is the same, and what is deleted gets none."""

from datetime import UTC, datetime, timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest

from showrunner import aws
from showrunner.recording import Recording
from showrunner.session import Session, isotime
from showrunner.store import Store
from tests.inprocess import ENVIRONMENT
from tests.stored import stored

BUCKET = ENVIRONMENT["SHOWRUNNER_RECORDINGS_BUCKET"]


def run(task: str) -> Any:
    event = {"session_id": "show", "attempt": 1, "recording": 1, "execution": "arn:execution:show-1-1"}
    return import_module(f"tasks.{task}").handler(event, SimpleNamespace())


@pytest.fixture(params=["keep", "trim"])
def closed(table: Store, request: pytest.FixtureRequest) -> Recording:
    """A window of five seconds in a stored show."""
    table.create_session(Session(id="show", owner="ann", privacy=request.param))
    assert table.begin_attempt(table.session("show"), start=True)
    end = datetime.now(UTC)
    for name, data in stored(end - timedelta(seconds=9.3), segments=6, complete=True).items():
        aws.s3().put_object(Bucket=BUCKET, Key=f"show/1/{name}", Body=data)
    start = isotime(end - timedelta(seconds=5))
    recording, _ = table.open_recording(table.session("show"), 1, "recording", start)
    table.close_recording(recording, isotime(end))
    run("cut_recording")
    return recording


def files() -> dict[str, str]:
    """Key -> what says that the content is the same."""
    found = aws.s3().list_objects_v2(Bucket=BUCKET, Prefix="show/1/recordings/1/")["Contents"]
    return {each["Key"].rpartition("/")[2]: each["ETag"] for each in found}


def test_a_task_that_died_before_it_wrote_down_its_film_makes_the_same(
    closed: Recording, table: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Store, "add_film", lambda *_: (_ for _ in ()).throw(RuntimeError("killed")))
        with pytest.raises(RuntimeError, match="killed"):
            run("make_film")
    before = files()
    made = run("make_film")
    assert files() == before
    assert made["milliseconds"] == pytest.approx(5000, abs=34)
    assert run("make_film") == made
    assert set(before) - {"first.ts", "last.ts"} == {"index.m3u8", "film.mp4", "picture.jpg"}
    assert {"first.ts", "last.ts"} & set(before) == ({"first.ts", "last.ts"} if table.session("show").trims else set())


def test_a_recording_that_was_deleted_meanwhile_gets_no_film(closed: Recording, table: Store) -> None:
    assert table.delete_recording(closed)
    before = files()
    assert run("make_film") == {}
    assert run("announce_recording") == {}
    assert files() == before
    recording = table.recording("show", 1, 1)
    assert recording is not None
    assert (recording.state, recording.film) == ("deleted", None)
