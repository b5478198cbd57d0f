"""Every way through the state machines: the real definitions on the sandbox's engine, in virtual time.

The functions only answer, or fail as a test says, so this is about the definitions alone: which state follows which,
what is caught where, and how long a wait waits.
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from sandbox.clock import VirtualClock
from sandbox.stepfunctions import InvokeOutcome, MachineInfo, Raised, Returned, StepFunctions
from showrunner.session import LONGEST_START, Limits, isotime

MACHINES = Path(__file__).parents[2] / "state_machines"
PROVISION = ["Provision", "CreateOutput", "CreateInputs"]
SHOW = [
    *("Plan", *PROVISION, "CreateChannel", "WaitChannelIdle", "WaitStart", "StartChannel", "WaitChannelRunning"),
    *("WaitStreamLive", "ScheduleRecording", "Live"),
]
CLEANUP = [
    *("StopChannel", "WaitChannelStopped", "CloseRecordings", "DeleteChannel", "WaitChannelDeleted", "DeleteInputs"),
    *("StopStream", "ReleaseOutput", "CloseSession"),
]
AFTER_A_STOP = ["Cleanup", "Outcome", "Ended"]
AFTER_A_FAILURE = ["NoteFailure", "Cleanup", "Outcome", "Failed"]
NEVER = "the token is not sent"


class Stage:
    """All machines; `faults` says which function (`create_inputs`) or wait (`stream_live`) fails, and with what."""

    def __init__(self, faults: dict[str, str] | None = None) -> None:
        self.clock = VirtualClock()
        self.faults = faults or {}
        self.machines = {
            arn(name): MachineInfo(name, definition(name), "arn:aws:iam::000000000000:role/machine")
            for name in ("session", "cleanup", "recording", "archive", "fallback", "wake")
        }
        self.service = StepFunctions(
            clock=self.clock, emit=lambda *_: None, machines=self.machines.get, invoke=self.invoke, random=Random(1)
        )

    def invoke(self, name: str, payload: Any, role_arn: str, done: Callable[[InvokeOutcome], None]) -> None:
        fault = self.faults.get(name)
        if fault:
            message = {"errorType": fault, "errorMessage": "As the test says."}
            self.clock.call_later(0.1, lambda: done(Raised(message)))
            return
        self.clock.call_later(0.1, lambda: done(Returned({})))
        if name == "wait_until" and self.faults.get(payload["until"]) != NEVER:
            self.clock.call_later(0.2, lambda: self.wake(payload["token"], self.faults.get(payload["until"])))

    def wake(self, token: str, error: str | None) -> None:
        if error:
            self.service.send_task_failure({"taskToken": token, "error": error, "cause": "As the test says."}, None)
        else:
            self.service.send_task_success({"taskToken": token, "output": "{}"}, None)

    def start(self, machine: str, name: str, **given: Any) -> str:
        given = given or {"session_id": "show", "attempt": 1, "recording": 1}
        given |= {"source": "host", "alert": "1", "seconds": 10} if machine == "fallback" else {}
        given |= {"at": isotime(datetime.fromtimestamp(self.clock.time() + 60, UTC))} if machine == "wake" else {}
        params = {"stateMachineArn": arn(machine), "name": name, "input": json.dumps(given)}
        return str(self.service.start_execution(params, None)["executionArn"])

    def run(self, machine: str = "session") -> list[str]:
        """The states that an execution enters, to its end."""
        execution = self.start(machine, "show-1")
        self.clock.run()
        return self.entered(execution)

    def entered(self, execution: str) -> list[str]:
        found, params = [], {"executionArn": execution, "maxResults": 1000}
        while params.get("nextToken", "first"):
            page = self.service.get_execution_history(params, None)
            params["nextToken"] = page.get("nextToken")
            found += [event for event in page["events"] if event["type"].endswith("StateEntered")]
        return [event["stateEnteredEventDetails"]["name"] for event in found]


def arn(machine: str) -> str:
    return f"arn:aws:states:us-east-1:000000000000:stateMachine:{machine}"


def definition(machine: str) -> str:
    """As deployed, with the functions under their tasks' names."""
    text = (MACHINES / f"{machine}.asl.json").read_text().replace("${CleanupMachine}", arn("cleanup"))
    return re.sub(r"\$\{(\w+)\}", lambda found: re.sub(r"(?<=[a-z])(?=[A-Z])", "_", found[1]).lower(), text)


def until(last: str) -> list[str]:
    return SHOW[: SHOW.index(last) + 1]


# What fails, and the state that catches it.
PLACES = {
    "plan": "Plan",
    "create_channel": "CreateChannel",
    "channel_idle": "WaitChannelIdle",
    "start_requested": "WaitStart",
    "start_channel": "StartChannel",
    "channel_running": "WaitChannelRunning",
    "stream_live": "WaitStreamLive",
    "show_over": "Live",
}


def test_a_show_and_its_cleanup() -> None:
    stage = Stage()
    assert stage.run() == [*SHOW, *AFTER_A_STOP]
    (cleanup,) = stage.service.list_executions({"stateMachineArn": arn("cleanup")}, None)["executions"]
    assert cleanup["name"] == "show-1-session"
    assert stage.entered(cleanup["executionArn"]) == [*CLEANUP, "Clean"]


@pytest.mark.parametrize("fault", [*PLACES])
def test_a_stop_leads_to_cleanup_and_is_no_failure(fault: str) -> None:
    assert Stage({fault: "StopRequested"}).run() == [*until(PLACES[fault]), *AFTER_A_STOP]


@pytest.mark.parametrize("fault", [*PLACES])
def test_a_failure_is_noted_and_leads_to_cleanup(fault: str) -> None:
    assert Stage({fault: "Broken"}).run() == [*until(PLACES[fault]), *AFTER_A_FAILURE]


@pytest.mark.parametrize(("fault", "passed_on"), [("create_output", "NoOutput"), ("create_inputs", "NoInputs")])
def test_a_branch_hands_its_error_on_under_its_own_name(fault: str, passed_on: str) -> None:
    assert Stage({fault: "Broken"}).run() == ["Plan", *PROVISION, passed_on, *AFTER_A_FAILURE]
    assert Stage({fault: "StopRequested"}).run() == ["Plan", *PROVISION, passed_on, *AFTER_A_STOP]


def test_a_recording_that_cannot_be_opened_does_not_end_the_show() -> None:
    assert Stage({"schedule_recording": "Broken"}).run() == [*SHOW, *AFTER_A_STOP]
    assert Stage({"schedule_recording": "StopRequested"}).run() == [*until("ScheduleRecording"), *AFTER_A_STOP]


def test_a_failure_that_cannot_be_noted_is_cleaned_up_all_the_same() -> None:
    assert Stage({"plan": "Broken", "note_failure": "Broken"}).run() == ["Plan", *AFTER_A_FAILURE]


def test_a_cleanup_that_runs_already_will_do() -> None:
    stage = Stage()
    stage.start("cleanup", "show-1-session", session_id="show", attempt=1, by="somebody else")
    assert stage.run() == [*SHOW, *AFTER_A_STOP]


def test_a_cleanup_that_cannot_be_started_fails_the_execution() -> None:
    """The event of its failure starts another one."""
    stage = Stage()
    del stage.machines[arn("cleanup")]
    assert stage.run() == [*SHOW, "Cleanup", "Failed"]


@pytest.mark.parametrize(
    "fault",
    [
        *("stop_channel", "channel_stopped", "close_recordings", "channel_deleted"),
        *("delete_inputs", "stop_stream", "release_output"),
    ],
)
def test_a_step_of_the_cleanup_that_fails_leaves_the_others_to_be_done(fault: str) -> None:
    assert Stage({fault: "Broken"}).run("cleanup") == [*CLEANUP, "Clean"]


def test_a_channel_that_could_not_be_deleted_is_not_waited_for() -> None:
    visited = [*CLEANUP, "Clean"]
    visited.remove("WaitChannelDeleted")
    assert Stage({"delete_channel": "Broken"}).run("cleanup") == visited


def test_what_could_not_be_cleaned_up_fails_the_cleanup() -> None:
    stage = Stage({"close_session": "CleanupIncomplete"})
    assert stage.run("cleanup") == [*CLEANUP, "Incomplete"]


@pytest.mark.parametrize(
    ("faults", "way"),
    [
        ({}, ["CutRecording", "MakeFilm", "AnnounceRecording", "Published"]),
        (
            {"make_film": "RecordingDamaged"},
            ["CutRecording", "MakeFilm", "NoteFilmFailure", "AnnounceRecording", "Published"],
        ),
        ({"cut_recording": "Broken"}, ["CutRecording", "NoteRecordingFailure", "RecordingFailed"]),
        (
            {"announce_recording": "Broken"},
            ["CutRecording", "MakeFilm", "AnnounceRecording", "NoteRecordingFailure", "RecordingFailed"],
        ),
        (
            {"make_film": "Broken", "note_recording_failure": "Broken"},
            ["CutRecording", "MakeFilm", "NoteFilmFailure", "AnnounceRecording", "Published"],
        ),
        (
            {"cut_recording": "Broken", "note_recording_failure": "Broken"},
            ["CutRecording", "NoteRecordingFailure", "RecordingFailed"],
        ),
    ],
)
def test_a_recording_is_published_or_says_why_not(faults: dict[str, str], way: list[str]) -> None:
    assert Stage(faults).run("recording") == way


def test_a_recording_whose_end_never_comes_is_looked_for_and_then_cut_as_it_is() -> None:
    stage = Stage({"cut_recording": "NotStoredYet"})
    assert stage.run("recording") == ["CutRecording", "CutAsStored", "NoteRecordingFailure", "RecordingFailed"]
    (ended,) = stage.service.list_executions({"stateMachineArn": arn("recording")}, None)["executions"]
    assert 14 <= (ended["stopDate"] - ended["startDate"]).total_seconds() < 20


def test_what_stays_of_a_show_is_looked_after_once_its_recordings_are_done() -> None:
    assert Stage().run("archive") == ["SettleRecordings", "ClearShow", "Archived"]
    assert Stage({"settle_recordings": "Broken"}).run("archive") == ["SettleRecordings", "ArchiveFailed"]
    assert Stage({"clear_show": "Broken"}).run("archive") == ["SettleRecordings", "ClearShow", "ArchiveFailed"]


def test_recordings_may_take_hours_to_be_published_before_a_show_is_cleared() -> None:
    stage = Stage({"settle_recordings": "RecordingsUnsettled"})
    assert stage.run("archive") == ["SettleRecordings", "ArchiveFailed"]
    (ended,) = stage.service.list_executions({"stateMachineArn": arn("archive")}, None)["executions"]
    assert (ended["stopDate"] - ended["startDate"]).total_seconds() > 8 * 3600


@pytest.mark.parametrize(
    ("condition", "at_least"),
    [
        ("channel_idle", 300),
        ("start_requested", 7200),
        ("channel_running", 900),
        ("stream_live", LONGEST_START),
        ("show_over", LONGEST_START),
    ],
)
def test_a_wait_without_any_event_lasts_as_long_as_a_session_may_ask(condition: str, at_least: float) -> None:
    stage = Stage({condition: NEVER})
    began = stage.clock.time()
    assert stage.run() == [*until(PLACES[condition]), *AFTER_A_FAILURE]
    assert stage.clock.time() - began >= at_least


def test_the_longest_limits_are_those_looked_at_above() -> None:
    for name, seconds in (("ready_seconds", 7200), ("input_seconds", 7200), ("live_seconds", 86_400)):
        allowed = Limits.__annotations__[name].__metadata__[0].le
        assert allowed == seconds, f"{name} may be {allowed}: the wait must last as long"


def test_a_lost_picture_is_given_its_seconds_and_then_looked_after() -> None:
    assert Stage().run("fallback") == ["AwaitPicture", "FallBack", "LookedAfter"]
    assert Stage({"fall_back": "Broken"}).run("fallback") == ["AwaitPicture", "FallBack", "FallBackFailed"]


def test_a_session_is_looked_at_when_it_is_time() -> None:
    assert Stage().run("wake") == ["AwaitMoment", "Wake", "Woken"]
    assert Stage({"wake": "Broken"}).run("wake") == ["AwaitMoment", "Wake", "NotWoken"]
