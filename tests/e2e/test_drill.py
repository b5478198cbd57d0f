"""The drill: of one real show are killed a function, the channel's process, a function again, and the execution."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.media.testcard import write_clip
from sandbox.server import Sandbox
from showrunner.executions import ENDS
from tests.e2e.test_recordings_on_video import Live, Show
from tests.simulation.truths import readable
from tests.studio import Studio, eventually
from tests.unit.recorder.material import RATE, Played, play

KILLED = "Runtime.ExitError"


def processes(sandbox: Sandbox, name: str) -> list[int]:
    """Those that the sandbox has started as `name`: a task, a module."""
    parents, named = {}, []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = [(folder / "comm").read_text().strip(), *(folder / "cmdline").read_text().split("\0")]
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended
        if name in words:
            named.append(int(folder.name))
    return [pid for pid in named if sandbox.pid in (parents[pid], parents.get(parents[pid]))]


@contextmanager
def killed(sandbox: Sandbox, task: str) -> Iterator[None]:
    """What is begun within runs this task: its process is killed as soon as it is there, those of before at once."""
    before = processes(sandbox, task)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    yield
    (pid,) = eventually(lambda: [each for each in processes(sandbox, task) if each not in before], 60, task, 0.01)
    os.kill(pid, signal.SIGKILL)


@dataclass
class Drill:
    """`whole` is all that was stored, `session` what the API says in the end."""

    live: Live
    aborted_at: datetime
    session: dict[str, Any]
    recordings: dict[str, dict[str, Any]]
    films: dict[str, Played]
    whole: Show


@pytest.fixture(scope="module")
def drill(sandbox: Sandbox, studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drill]:
    """`show` is the recording of all, `talk` goes on across the channel's death, `open` nobody closes."""
    clip = tmp_path_factory.mktemp("clips") / "host.mp4"
    write_clip(clip, "host", seconds=90, width=320, height=180)
    show = studio.create(record="auto")
    studio.control("faults", kind="latency", service="medialive", operation="StartChannel", seconds=2)
    with killed(sandbox, "start_channel"):
        studio.press(show, "start")
    studio.until(show, "waiting_for_input")
    live = Live(studio, show, clip)
    try:
        eventually(live.is_live, 60, "the show")
        talk = live.record("start", "talk")
        live.until_stored(1)
        before = len(live.stored())
        (channel,) = processes(sandbox, "sandbox.media.channel")
        os.kill(channel, signal.SIGKILL)
        eventually(lambda: live.is_back(before), 60, "the channel's return")
        with killed(sandbox, "make_film"):
            live.record("stop", "talk")
        live.record("start", "open")
        live.until_stored(1)
        aborted_at = datetime.now(UTC)
        studio.aws["stepfunctions"].stop_execution(executionArn=studio.execution_arn(show))
        session = studio.until(show, "failed")
        listed = studio.call("GET", f"/sessions/{show}/recordings").json()["recordings"]
        recordings = {each["name"]: live.recording(each["id"]) for each in listed}
        assert recordings["talk"]["id"] == talk
        films = {name: play(httpx.get(each["film"]["url"]).content) for name, each in recordings.items()}
        yield Drill(live, aborted_at, session, recordings, films, Show.of(live))
    finally:
        live.publisher.stop()


@pytest.mark.parametrize("name", ["show", "talk", "open"])
def test_a_recording_is_whole_and_tells_its_gap(drill: Drill, name: str) -> None:
    recording, film = drill.recordings[name], drill.films[name]
    assert film.counters == drill.whole.window(recording)
    assert len(film.counters) > RATE
    assert (recording["gaps"], recording["gap_seconds"] > 0.1) == ((0, False) if name == "open" else (1, True))


@pytest.mark.parametrize("name", ["show", "open"])
def test_what_nobody_closed_goes_on_until_the_cleanup_begins(drill: Drill, name: str) -> None:
    """The channel goes on storing until then, also without an execution."""
    end = datetime.fromisoformat(drill.recordings[name]["end"])
    last = next(at for at, counter in drill.whole.pictures if counter == drill.films[name].counters[-1])
    assert drill.aborted_at < end
    assert end - last < timedelta(seconds=2 / RATE)


def test_functions_that_were_killed_were_tried_again(drill: Drill) -> None:
    studio = drill.live.studio
    for arn in (studio.execution_arn(drill.live.id), studio.recording_arn(drill.recordings["talk"]["id"])):
        history = studio.aws["stepfunctions"].get_execution_history(executionArn=arn, maxResults=1000)["events"]
        errors = [event["taskFailedEventDetails"]["error"] for event in history if event["type"] == "TaskFailed"]
        assert KILLED in errors


def test_it_says_why_it_ended(drill: Drill) -> None:
    assert drill.session["reason"] == ENDS["ABORTED"]
    assert readable(drill.session["reason"])
    assert drill.live.studio.states(drill.live.id)[-2:] == ["stopping", "failed"]


def test_nothing_is_left(drill: Drill) -> None:
    studio, show = drill.live.studio, drill.live.id
    studio.assert_nothing_left(show)
    eventually(lambda: not any("open" in row for row in studio.rows(show)), 60, "the end of what is archived")
    assert {row["state"]["S"] for row in studio.rows(show) if row["sk"]["S"].startswith("RECORDING#")} == {"published"}
    assert "RUNNING" not in studio.executions(show, "session", "cleanup", "recording", "archive").values()
    assert studio.sweep(dry_run=True)["finds"] == []
    assert processes(studio.sandbox, "sandbox.media.channel") == []
