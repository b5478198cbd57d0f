"""What AWS did, entry by entry of aws-executions.json, in virtual time and on a real loop.

On the real loop a second takes a twentieth of one (HastyClock), so that waits of 5 s don't make the suite slow.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from stepfunctions_stand import HastyClock, Stand, details

from sandbox.clock import VirtualClock

RECORDED = json.loads(Path(__file__).with_name("aws-executions.json").read_text())
ENTRIES = RECORDED["executions"]
DEADLINE = 10.0


def begin(stand: Stand, entry: dict[str, Any]) -> str:
    """Start the entry's execution; its callbacks go to the newest token once the wait's function has answered."""
    definition = json.dumps(entry["definition"])
    if "child" in entry:
        definition = definition.replace("${child}", stand.machine(entry["child"], "child"))
    callbacks = iter(entry.get("callbacks", []))

    def call_back() -> None:
        callback = next(callbacks, None)
        if callback is None:
            return
        params = {"taskToken": stand.functions.tokens[-1]}
        params |= {name: callback[name] for name in ("error", "cause") if name in callback}
        if callback["send"] == "success":
            stand.service.send_task_success(params | {"output": json.dumps(callback["output"])}, None)
        else:
            stand.service.send_task_failure(params, None)

    def stop() -> None:
        stand.service.stop_execution({"executionArn": arn}, None)

    def answered() -> None:
        stand.clock.call_later(0.3, call_back)

    stand.functions.answered = answered
    arn = stand.start(json.loads(definition), entry["input"])
    if "stop" in entry:
        stand.clock.call_later(entry["stop"]["after_seconds"], stop)
    return arn


def check(stand: Stand, arn: str, entry: dict[str, Any]) -> None:
    description = stand.describe(arn)
    assert description["status"] == entry["status"], description
    assert (description["stopDate"] > description["startDate"]) or not entry.get("functions")
    for member in ("error", "cause"):
        if member in entry:
            assert description[member] == entry[member]
    if "output" in entry:
        assert json.loads(description["output"]) == entry["output"]
    events = stand.history(arn)
    assert [event["type"] for event in events] == [event[2] for event in entry["events"]]
    for event, (number, previous, kind, *wanted) in zip(events, entry["events"], strict=True):
        assert number in (None, event["id"]), kind
        assert previous in (None, event["previousEventId"]), f"{number} {kind}"
        shown = details(event)
        assert {**shown, **(wanted[0] if wanted else {})} == shown
    statuses = [event["detail"]["status"] for event in stand.events if event["resources"] == [arn]]
    assert statuses == ["RUNNING", entry["status"]]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["name"])
def test_recorded_execution_in_virtual_time(entry: dict[str, Any]) -> None:
    clock = VirtualClock()
    stand = Stand(clock, entry.get("functions"))
    arn = begin(stand, entry)
    clock.run()
    check(stand, arn, entry)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["name"])
def test_recorded_execution_in_real_time(entry: dict[str, Any]) -> None:
    async def live() -> None:
        loop = asyncio.get_running_loop()
        stand = Stand(HastyClock(loop), entry.get("functions"))
        ended = asyncio.Event()
        arn = begin(stand, entry)
        stand.on_event = lambda: ended.set() if stand.events[-1]["resources"] == [arn] else None
        await asyncio.wait_for(ended.wait(), DEADLINE)
        check(stand, arn, entry)

    asyncio.run(live())


def entry(name: str) -> dict[str, Any]:
    return next(entry for entry in ENTRIES if entry["name"] == name)


def finished(name: str) -> tuple[Stand, list[dict[str, Any]]]:
    clock = VirtualClock()
    stand = Stand(clock, entry(name).get("functions"))
    arn = begin(stand, entry(name))
    clock.run()
    return stand, stand.history(arn)


# What the entries say in their notes.


def test_the_output_of_a_task_is_the_answer_of_invoke() -> None:
    _, events = finished("a task succeeds")
    assert list(json.loads(details(events[4])["output"])) == [
        "ExecutedVersion",
        "Payload",
        "SdkHttpMetadata",
        "SdkResponseMetadata",
        "StatusCode",
    ]


def test_the_cause_of_a_raised_error_is_lambdas_payload() -> None:
    _, events = finished("retries until it gives up, then is caught")
    caught = json.loads(details(events[14])["output"])
    assert caught["Error"] == "Boom"
    assert set(json.loads(caught["Cause"])) == {"errorMessage", "errorType", "requestId", "stackTrace"}


def test_the_cause_of_a_missing_function() -> None:
    _, events = finished("no such function")
    assert details(events[-1])["cause"].startswith("Function not found: ")


def test_a_timed_out_task_has_no_cause() -> None:
    _, events = finished("a task outlasts TimeoutSeconds and is caught")
    assert "cause" not in details(events[4])


def test_a_bad_path_says_which_and_where() -> None:
    _, events = finished("a bad OutputPath is not caught, even by States.Runtime")
    assert details(events[-1])["cause"] == (
        "An error occurred while executing the state 'Work' (entered at the event id #2). "
        "Invalid path '$.no.such.path' : Missing property in path $['no']"
    )


def test_a_childs_result_is_its_description() -> None:
    stand, events = finished("a child execution by sync:2")
    result = json.loads(details(events[5])["output"])
    assert result["Output"] == {"a": 1}
    assert result["Input"] == {}
    assert result["Status"] == "SUCCEEDED"
    assert isinstance(result["StartDate"], int)
    assert result["StopDate"] >= result["StartDate"] >= stand.clock.time() * 1000 - 10_000


def test_the_cause_of_a_failed_child_is_its_description() -> None:
    _, events = finished("a child execution that fails")
    cause = json.loads(details(events[-1])["cause"])
    assert (cause["Error"], cause["Cause"], cause["Status"]) == ("BadThing", "why", "FAILED")
    assert cause["Input"] == "{}"
