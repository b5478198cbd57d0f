"""What a person sees of an execution: its states, in words, without tokens and stack traces."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from showrunner.api import Call, Caller
from showrunner.errors import InvalidRequest
from showrunner.executions import start_session
from showrunner.session import Session, isotime
from showrunner.store import Store
from tests.cloud import Cloud
from tests.document import check
from workflows import sessions
from workflows.answers import HistoryState
from workflows.history import NEWEST_EVENTS, History, Place, states
from workflows.requests import HistoryWish

CAUSE = json.dumps({"errorMessage": "It broke.", "errorType": "Boom", "stackTrace": ['  File "/var/task/x.py"']})


def event(number: int, kind: str, **details: Any) -> dict[str, Any]:
    name = kind[0].lower() + kind[1:] + "EventDetails"
    return {"id": number, "previousEventId": number - 1, "type": kind, "timestamp": datetime.now(UTC), name: details}


def test_a_failure_is_told_by_its_sentence() -> None:
    noted = json.dumps({"session_id": "show", "error": {"Error": "Boom", "Cause": CAUSE}, "token": "secret"})
    shown = states(
        [
            {**event(1, "TaskStateEntered"), "stateEnteredEventDetails": {"name": "Plan", "input": "{}"}},
            event(2, "TaskScheduled", resource="invoke"),
            event(3, "TaskFailed", error="Boom", cause=CAUSE),
            {**event(4, "TaskStateEntered"), "stateEnteredEventDetails": {"name": "NoteFailure", "input": noted}},
        ]
    )
    assert [(state["name"], state["error"], state["cause"]) for state in shown] == [
        ("Plan", "Boom", "It broke."),
        ("NoteFailure", None, None),
    ]
    assert shown[1]["input"] == {
        "session_id": "show",
        "error": {"Error": "Boom", "Cause": "It broke."},
        "token": "***",
    }


RECORDED = json.loads((Path(__file__).parent / "stepfunctions" / "aws-executions.json").read_text())
ENTRIES = {entry["name"]: entry for entry in RECORDED["executions"]}


def recorded(name: str) -> list[HistoryState]:
    """What is shown of an execution that was recorded on AWS."""
    return states(events_of(name))


def events_of(name: str) -> list[dict[str, Any]]:
    """Its events, one a second."""
    began = datetime(2026, 1, 9, 20, tzinfo=UTC)
    assumed = {"name": "One", "resource": "invoke.waitForTaskToken" if "wait" in name else "invoke"}  # not recorded
    told = []
    for number, (number_there, before, kind, *details) in enumerate(ENTRIES[name]["events"], 1):
        named = assumed | (details[0] if details else {})
        at = began + timedelta(seconds=number)
        event = {"id": number_there or number, "previousEventId": before or 0, "type": kind, "timestamp": at}
        told.append({**event, details_name(kind): in_json(named)})
    return told


def details_name(kind: str) -> str:
    for moment in ("StateEntered", "StateExited"):
        if kind.endswith(moment):
            return f"s{moment[1:]}EventDetails"
    return f"{kind[0].lower()}{kind[1:]}EventDetails"


def in_json(details: dict[str, Any]) -> dict[str, Any]:
    """Inputs and outputs as AWS has them: texts."""
    return {
        name: json.dumps(value) if name in ("input", "output") and not isinstance(value, str) else value
        for name, value in details.items()
    }


@pytest.mark.parametrize("name", ENTRIES)
def test_every_execution_recorded_on_aws_is_told_with_its_ends(name: str) -> None:
    told = recorded(name)
    assert told
    assert [each for each in told if each["left_at"] is None] == []
    failed = [each for each in told if each["outcome"] in ("failed", "aborted")]
    assert bool(failed) == (ENTRIES[name]["status"] != "SUCCEEDED") or "Parallel" in {each["type"] for each in told}


@pytest.mark.parametrize("name", ENTRIES)
def test_every_execution_recorded_on_aws_can_be_followed_from_any_moment_of_it(name: str) -> None:
    events = events_of(name)
    whole = states(events)
    for moment in range(len(events) + 1):
        seen, place = taken(events[:moment])
        since, _ = taken(events[moment:], place)
        assert merged(seen, since) == whole, f"followed from event {moment}"


def test_one_event_after_the_other_tells_the_same_and_needs_little_to_go_on() -> None:
    events = events_of("branches in order, nested")
    seen, place = taken([])
    for event in events:
        newer, place = taken([event], place)
        seen = merged(seen, newer)
        assert len(place) < 3000
    assert seen == states(events)


def taken(events: list[dict[str, Any]], after: str | None = None) -> tuple[list[HistoryState], str]:
    history = History.at(Place.told(after)) if after else History()
    for event in events:
        history.take(event)
    return msgspec.json.decode(msgspec.json.encode(history.states)), history.place().tell()


def merged(seen: list[HistoryState], newer: list[HistoryState]) -> list[HistoryState]:
    """As who follows puts them together."""
    known = {state["event"]: state for state in seen}
    for state in newer:
        old: Any = known.get(state["event"], {})
        lists = {name: [*old.get(name, []), *state[name]] for name in ("problems", "looked_at")}
        changed = {name: value for name, value in state.items() if value is not None}
        known[state["event"]] = old | (changed if old else state) | lists
    return [known[number] for number in sorted(known)]


@pytest.mark.parametrize(
    "text", ["nonsense", "e30=", base64.urlsafe_b64encode(b'{"event":1,"states":[],"within":{"1":1}}').decode()]
)
def test_a_place_that_no_answer_has_told_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="'after' must be that of an earlier answer"):
        Place.told(text)


def test_a_place_may_only_name_states_that_it_has() -> None:
    _, place = taken(events_of("branches in order, nested")[:5])
    known = msgspec.json.decode(base64.urlsafe_b64decode(place))
    for part in ("within", "looking", "holder"):
        forged = known | {part: {"1": 99}} if part == "within" else known | {part: {"99": None}}
        with pytest.raises(InvalidRequest):
            Place.told(base64.urlsafe_b64encode(msgspec.json.encode(forged)).decode())


def test_a_place_that_nests_without_end_is_refused() -> None:
    _, place = taken(events_of("branches in order, nested")[:5])
    deep = base64.urlsafe_b64decode(place).replace(b'"input":null', b'"input":' + b"[" * 2000 + b"]" * 2000)
    with pytest.raises(InvalidRequest):
        Place.told(base64.urlsafe_b64encode(deep).decode())


def outcomes(name: str) -> list[tuple[str, str, int, int]]:
    return [(each["type"], each["outcome"], each["attempts"], len(each["problems"])) for each in recorded(name)]


def test_what_was_retried_and_then_caught() -> None:
    assert outcomes("retries until it gives up, then is caught") == [("Task", "caught", 4, 4), ("Pass", "done", 0, 0)]
    first, second = recorded("retries until it gives up, then is caught")
    assert first["next"] == second["name"]


def test_what_failed_and_was_not_caught() -> None:
    (told,) = recorded("retries until it gives up, uncaught")
    assert (told["outcome"], told["next"], told["error"]) == ("failed", None, told["problems"][-1]["error"])


def test_a_wait_without_another_try_has_failed() -> None:
    (told,) = recorded("a wait times out")
    assert (told["outcome"], told["error"], told["looks"]) == ("failed", "States.Timeout", 1)


def test_a_parallel_is_left_when_its_branches_are() -> None:
    told = {each["name"] + str(each["event"]): each for each in recorded("branches in order, nested")}
    assert [each["outcome"] for each in told.values()] == ["done", "done", "done"]
    assert told["Outer2"]["left_at"] == "2026-01-09T20:00:11.000Z"
    assert told["Inner4"]["left_at"] == "2026-01-09T20:00:09.000Z"


def test_a_parallel_that_failed_and_was_caught_takes_its_branches_with_it() -> None:
    both, wait, after = recorded("a wait that fails inside a Parallel, caught outside")
    assert [each["outcome"] for each in (both, wait, after)] == ["caught", "failed", "done"]
    assert both["next"] == after["name"]


def test_a_parallel_that_is_retried_is_one_state_and_its_branches_are_told_twice() -> None:
    told = recorded("a task that fails inside a Parallel which is then retried")
    assert [(each["type"], each["outcome"]) for each in told] == [
        ("Parallel", "done"),
        ("Task", "failed"),
        ("Task", "done"),
    ]


def test_what_was_cut_off_from_outside_was_aborted() -> None:
    assert [each["outcome"] for each in recorded("stopped from outside")] == ["aborted"]


def test_a_child_is_linked() -> None:
    (told,) = [each for each in recorded("a child execution by sync:2") if each["type"] == "Task"]
    assert told["outcome"] == "done"


def test_a_wait_that_looks_again_has_not_failed() -> None:
    resource = "invoke.waitForTaskToken"
    entered = {**event(1, "TaskStateEntered"), "stateEnteredEventDetails": {"name": "Live", "input": "{}"}}
    waits = [
        entered,
        event(2, "TaskScheduled", resource=resource),
        event(3, "TaskTimedOut", resource=resource, error="States.Timeout"),
        event(4, "TaskScheduled", resource=resource),
    ]
    (told,) = states(waits)
    assert (told["outcome"], told["looks"], told["problems"], told["left_at"]) == ("waiting", 1, [], None)
    assert told["looked_at"] == [isotime(waits[2]["timestamp"])]
    (told,) = states([*waits, event(5, "TaskSucceeded", output="{}"), {**event(6, "TaskStateExited"), **LEFT}])
    assert (told["outcome"], told["looks"], told["error"]) == ("done", 1, None)


def test_a_stop_is_no_failure() -> None:
    entered = {**event(1, "TaskStateEntered"), "stateEnteredEventDetails": {"name": "Live", "input": "{}"}}
    stop = event(3, "TaskFailed", error="StopRequested", cause="The session was asked to stop.")
    begun = [entered, event(2, "TaskScheduled", resource="invoke.waitForTaskToken"), stop]
    (told,) = states([*begun, {**event(4, "TaskStateExited"), **LEFT}])
    assert told["outcome"] == "stopped"


def test_a_stop_within_a_parallel_ends_the_parallel_too() -> None:
    both = {**event(1, "ParallelStateEntered"), "stateEnteredEventDetails": {"name": "Both", "input": "{}"}}
    one = {**event(3, "TaskStateEntered"), "stateEnteredEventDetails": {"name": "One", "input": "{}"}}
    stop = {"error": "StopRequested", "cause": "The session was asked to stop."}
    begun = [both, event(2, "ParallelStateStarted"), one, event(4, "TaskScheduled", resource="invoke")]
    ended = [event(5, "TaskFailed", **stop), event(6, "ParallelStateFailed", **stop)]
    told = states([*begun, *ended, {**event(7, "ParallelStateExited"), **LEFT}])
    assert [(each["name"], each["outcome"]) for each in told] == [("Both", "stopped"), ("One", "stopped")]


def test_what_a_task_has_started_is_its_child() -> None:
    arn = "arn:aws:states:us-east-1:123456789012:execution:showrunner-dev-cleanup:show-1-session"
    entered = {**event(1, "TaskStateEntered"), "stateEnteredEventDetails": {"name": "Cleanup", "input": "{}"}}
    output = json.dumps({"ExecutionArn": arn, "StartDate": 1})
    (told,) = states(
        [entered, event(2, "TaskScheduled", resource="startExecution"), event(3, "TaskSucceeded", output=output)]
    )
    assert told["child"] == "show-1-session"


def test_the_secrets_of_an_output_are_left_out() -> None:
    entered = {**event(1, "PassStateEntered"), "stateEnteredEventDetails": {"name": "One", "input": "{}"}}
    (told,) = states(
        [entered, {**event(2, "PassStateExited"), "stateExitedEventDetails": {"output": '{"token": "t"}'}}]
    )
    assert (told["outcome"], told["output"]) == ("done", {"token": "***"})


LEFT = {"stateExitedEventDetails": {"output": "{}"}}


def test_a_history_comes_with_the_drawing_of_the_machine_that_runs(cloud: Cloud, table: Store) -> None:
    begin_a_show(cloud, table)
    told = asked()
    assert [(each["name"], each["outcome"]) for each in told["states"]] == [("Stand", "running")]
    assert [each["name"] for each in told["drawing"]["boxes"]] == ["Stand"]


def test_who_follows_a_history_is_told_what_happened_since(cloud: Cloud, table: Store) -> None:
    begin_a_show(cloud, table)
    seen = asked()
    still = asked(seen["after"])
    assert [(each["name"], each["outcome"], each["input"]) for each in still["states"]] == [("Stand", "running", None)]
    cloud.clock.advance(86_400)
    since = asked(still["after"])
    assert [(each["name"], each["outcome"]) for each in since["states"]] == [("Stand", "done")]
    assert (since["execution"]["status"], since["drawing"]) == ("SUCCEEDED", None)
    assert merged(seen["states"], since["states"]) == asked()["states"]


def test_of_a_long_history_only_the_newest_events_are_read(cloud: Cloud, table: Store) -> None:
    arn = begin_a_show(cloud, table)
    after = asked()["after"]
    calls: list[dict[str, Any]] = []
    read = cloud.stepfunctions.get_execution_history
    cloud.stepfunctions.get_execution_history = lambda given, caller: calls.append(given) or read(given, caller)  # type: ignore[method-assign]
    asked(after)
    assert calls == [{"executionArn": arn, "reverseOrder": True, "maxResults": NEWEST_EVENTS}]


def begin_a_show(cloud: Cloud, table: Store) -> str:
    """The ARN of its execution."""
    table.create_session(Session(id="show", owner="ann"))
    table.begin_attempt(table.session("show"), start=True)
    arn = start_session(table.attempt("show", 1))
    table.record_execution("show", 1, arn)
    cloud.clock.advance(1)
    return arn


def asked(after: str | None = None) -> Any:
    answer = sessions.history(Call(Caller("ann"), HistoryWish(after)), "show", "show-1")
    told = json.loads(msgspec.json.encode(answer.body))
    check("GET", "/sessions/{session_id}/executions/{name}/history", answer.status, told)
    return told
