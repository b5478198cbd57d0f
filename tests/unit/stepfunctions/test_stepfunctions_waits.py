"""Waits by token, children and Parallel where AWS's outcome is inferred from its documentation ('inferred')."""

import json
from typing import Any

import pytest
from stepfunctions_stand import Stand, details, machine_of, task, token_wait, virtual

from sandbox.errors import AwsError

RETURNS: list[dict[str, Any]] = [{"return": {}}]
PAUSE = {"Type": "Wait", "Seconds": 60}


def send(stand: Stand, token: str, output: Any = "woken") -> None:
    stand.service.send_task_success({"taskToken": token, "output": json.dumps(output)}, None)


def refused(stand: Stand, token: str) -> str:
    with pytest.raises(AwsError) as error:
        send(stand, token)
    assert error.value.status == 400
    return error.value.code


def test_a_retried_wait_has_a_new_token_and_the_old_one_wakes_nothing() -> None:
    retry = [{"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 1, "BackoffRate": 1, "MaxAttempts": 5}]
    stand, clock = virtual({"wait": RETURNS})
    arn = stand.start(machine_of(token_wait(TimeoutSeconds=60, Retry=retry)))
    clock.advance(62)
    old, new = stand.functions.tokens
    assert old != new
    assert refused(stand, old) == "TaskTimedOut"
    assert stand.describe(arn)["status"] == "RUNNING"
    send(stand, new)
    clock.run()
    assert stand.output(arn) == "woken"
    assert stand.types(arn)[2:10] == [
        *["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskTimedOut"],
        *["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"],
    ]


def test_a_token_sent_before_the_function_returned_ends_the_wait() -> None:
    stand, clock = virtual({"wait": [{"return": {"late": True}}]})
    stand.functions.delay = 5
    arn = stand.start(machine_of(token_wait()))
    clock.advance(1)
    send(stand, stand.functions.tokens[0])
    clock.run()
    assert stand.output(arn) == "woken"
    assert stand.types(arn)[2:] == [
        *["TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited", "ExecutionSucceeded"]
    ]


def test_a_function_that_fails_after_its_token_was_sent_changes_nothing() -> None:
    stand, clock = virtual({"wait": [{"raise": {"errorType": "Boom", "errorMessage": "late"}}]})
    stand.functions.delay = 5
    arn = stand.start(machine_of(token_wait(Next="Pause"), Pause=PAUSE | {"End": True}))
    clock.advance(1)
    send(stand, stand.functions.tokens[0])
    clock.run()
    assert stand.output(arn) == "woken"
    assert "TaskFailed" not in stand.types(arn)


def test_a_token_sent_from_inside_the_function_ends_the_wait() -> None:
    stand, clock = virtual({"wait": RETURNS})
    arn = stand.start(machine_of(token_wait(Next="Pause"), Pause=PAUSE | {"End": True}))
    answer = stand.functions.__call__

    def invoke(name: str, payload: Any, role: str, done: Any) -> None:
        send(stand, payload["token"])
        answer(name, payload, role, done)

    stand.service._invoke = invoke
    clock.run()
    assert stand.output(arn) == "woken"


def test_stop_during_a_wait_aborts_at_once_and_tells_once() -> None:
    stand, clock = virtual({"wait": RETURNS})
    arn = stand.start(machine_of(token_wait()))
    clock.advance(1)
    params = {"executionArn": arn, "error": "Stopped", "cause": "by hand"}
    stopped = stand.service.stop_execution(params, None)["stopDate"]
    description = stand.describe(arn)
    assert (description["status"], description["error"], description["cause"]) == ("ABORTED", "Stopped", "by hand")
    assert description["stopDate"] == stopped
    assert refused(stand, stand.functions.tokens[0]) == "TaskTimedOut"
    clock.advance(10)
    assert stand.service.stop_execution(params, None)["stopDate"] == stopped
    clock.run()
    assert [event["detail"]["status"] for event in stand.events] == ["RUNNING", "ABORTED"]
    assert details(stand.history(arn)[-1]) == {"error": "Stopped", "cause": "by hand"}


def test_stop_before_the_first_state_and_an_answer_after_the_stop() -> None:
    stand, clock = virtual({"work": RETURNS})
    machine = stand.machine(machine_of(task()))
    early, late = stand.start(machine, name="early"), stand.start(machine, name="late")
    stand.service.stop_execution({"executionArn": early}, None)
    clock.advance(0.05)
    stand.service.stop_execution({"executionArn": late}, None)
    clock.run()
    assert stand.types(early) == ["ExecutionStarted", "ExecutionAborted"]
    assert stand.types(late)[-2:] == ["TaskStarted", "ExecutionAborted"]
    assert len(stand.functions.calls) == 1


def child(action: str, child_arn: str, **parameters: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::states:{action}",
        "Parameters": {"StateMachineArn": child_arn, **parameters},
    }


@pytest.mark.parametrize(
    ("action", "fate"),
    [("startExecution.sync:2", "ABORTED"), ("startExecution.sync", "ABORTED"), ("startExecution", "SUCCEEDED")],
)
def test_a_stopped_parent_stops_the_child_it_waits_for_only(action: str, fate: str) -> None:
    stand, clock = virtual()
    inner = stand.machine(machine_of(PAUSE), "inner")
    start = child(action, inner, Name="c", Input={"a": 1})
    parent = stand.start(machine_of(start | {"Next": "Pause"}, Pause=PAUSE | {"End": True}))
    clock.advance(1)
    stand.service.stop_execution({"executionArn": parent}, None)
    clock.run()
    description = stand.describe("arn:aws:states:us-east-1:000000000000:execution:inner:c")
    assert (description["status"], description["input"]) == (fate, '{"a":1}')


def test_a_plain_start_answers_arn_and_date() -> None:
    stand, clock = virtual()
    inner = stand.machine(machine_of({"Type": "Succeed"}), "inner")
    arn = stand.start(machine_of(child("startExecution", inner, Name="c", Input='{"text": 1}')))
    clock.run()
    result = stand.output(arn)
    assert result["ExecutionArn"].endswith(":execution:inner:c")
    assert result["StartDate"] == 1_750_000_000_000
    assert stand.describe(result["ExecutionArn"])["input"] == '{"text": 1}'


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"Name": "taken"}, "StepFunctions.ExecutionAlreadyExistsException"),
        ({"Name": "no good"}, "StepFunctions.InvalidNameException"),
        ({"Input": "no json"}, "StepFunctions.InvalidExecutionInputException"),
        ({"StateMachineArn": "arn:aws:states:::stateMachine:none"}, "StepFunctions.StateMachineDoesNotExistException"),
    ],
)
def test_a_child_that_can_not_start_fails_the_task(parameters: dict[str, Any], error: str) -> None:
    stand, clock = virtual()
    inner = stand.machine(machine_of({"Type": "Succeed"}), "inner")
    stand.start(inner, name="taken")
    clock.run()
    start = child("startExecution", inner)
    start["Parameters"] |= parameters
    arn = stand.start(machine_of(start))
    clock.run()
    description = stand.describe(arn)
    assert description["error"] == error
    assert "Service: AWSStepFunctions; Status Code: 400" in description["cause"]


def test_a_role_that_may_not_start_the_child() -> None:
    asked: list[tuple[str, str, str]] = []

    def deny(*question: str) -> bool:
        asked.append(question)  # type: ignore[arg-type]
        return False

    stand, clock = virtual(authorise=deny)
    inner = stand.machine(machine_of({"Type": "Succeed"}), "inner")
    arn = stand.start(machine_of(child("startExecution", inner)))
    clock.run()
    assert stand.describe(arn)["error"] == "StepFunctions.AWSStepFunctionsException"
    assert asked == [("arn:aws:iam::000000000000:role/machine", "states:StartExecution", inner)]


@pytest.mark.parametrize("token", ["nonsense", "bm9uc2Vuc2U=", "ä"])
def test_an_unknown_token_is_invalid(token: str) -> None:
    stand, _ = virtual()
    assert refused(stand, token) == "InvalidToken"
    for call in (stand.service.send_task_failure, stand.service.send_task_heartbeat):
        with pytest.raises(AwsError, match="Invalid Token: 'Invalid token'"):
            call({"taskToken": token}, None)


def test_output_that_is_no_json_is_refused_and_the_wait_goes_on() -> None:
    stand, clock = virtual({"wait": RETURNS})
    arn = stand.start(machine_of(token_wait()))
    clock.advance(1)
    token = stand.functions.tokens[0]
    for output in ("no json", "NaN", ""):
        with pytest.raises(AwsError) as error:
            stand.service.send_task_success({"taskToken": token, "output": output}, None)
        assert error.value.code == "InvalidOutput"
    send(stand, token)
    assert refused(stand, token) == "TaskTimedOut"
    clock.run()
    assert stand.output(arn) == "woken"


def test_heartbeats_keep_a_wait_alive_until_its_time_out() -> None:
    stand, clock = virtual({"wait": RETURNS})
    arn = stand.start(machine_of(token_wait(TimeoutSeconds=30, HeartbeatSeconds=5)))
    for _ in range(7):
        clock.advance(4)
        stand.service.send_task_heartbeat({"taskToken": stand.functions.tokens[0]}, None)
    assert stand.describe(arn)["status"] == "RUNNING"
    clock.run()
    description = stand.describe(arn)
    assert (description["stopDate"] - description["startDate"]).total_seconds() == 30
    assert description["error"] == "States.Timeout"


@pytest.mark.parametrize(("name", "caught"), [("States.HeartbeatTimeout", True), ("States.TaskFailed", False)])
def test_a_missed_heartbeat_is_matched(name: str, caught: bool) -> None:
    stand, clock = virtual({"wait": RETURNS})
    catch = [{"ErrorEquals": [name], "Next": "Handle"}]
    wait = token_wait(TimeoutSeconds=30, HeartbeatSeconds=5, Catch=catch)
    arn = stand.start(machine_of(wait, Handle={"Type": "Succeed"}))
    clock.run()
    assert (stand.describe(arn)["status"] == "SUCCEEDED") is caught


def test_a_failed_branch_ends_its_siblings_at_once() -> None:
    stand, clock = virtual({"wait": RETURNS, "work": [{"raise": {"errorType": "Boom", "errorMessage": "no"}}]})
    deep = {"StartAt": "Deep", "States": {"Deep": PAUSE | {"End": True}}}
    inner = {"Type": "Parallel", "Branches": [deep], "End": True}
    branches = [
        {"StartAt": "Wait", "States": {"Wait": token_wait(End=True)}},
        {"StartAt": "Work", "States": {"Work": task(End=True)}},
        {"StartAt": "Done", "States": {"Done": {"Type": "Pass", "End": True}}},
        {"StartAt": "Inner", "States": {"Inner": inner}},
    ]
    arn = stand.start(machine_of({"Type": "Parallel", "Branches": branches}))
    clock.advance(1)
    assert stand.describe(arn)["status"] == "FAILED"
    assert refused(stand, stand.functions.tokens[0]) == "TaskTimedOut"
    events = stand.history(arn)
    aborted = [(event["type"], events[event["previousEventId"] - 1]["type"]) for event in events[-7:]]
    assert aborted == [
        ("TaskFailed", "TaskStarted"),
        ("TaskStateAborted", "TaskFailed"),
        ("TaskStateAborted", "TaskSubmitted"),
        ("WaitStateAborted", "WaitStateEntered"),
        ("ParallelStateAborted", "ParallelStateStarted"),
        ("ParallelStateFailed", "TaskFailed"),
        ("ExecutionFailed", "ParallelStateFailed"),
    ]
    before = len(events)
    clock.run()
    assert len(stand.history(arn)) == before


def test_an_execution_that_is_over_keeps_nothing_alive() -> None:
    stand, clock = virtual({"wait": RETURNS})
    arn = stand.start(machine_of(token_wait(TimeoutSeconds=500, HeartbeatSeconds=400)) | {"TimeoutSeconds": 900})
    clock.advance(1)
    stand.service.stop_execution({"executionArn": arn}, None)
    assert stand.service._runs[arn].live is None
    assert not stand.service._tokens._open
    assert not any(timer.callback for _, _, timer in clock._due)
