"""The calls themselves: answers, errors, paging, events; all of it in the shapes of botocore's model."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore import xform_name
from botocore.loaders import Loader
from botocore.model import ListShape, ServiceModel, Shape, StringShape, StructureShape
from stepfunctions_stand import ROLE, Stand, details, machine_of, task, token_wait, virtual

from sandbox.errors import AwsError
from sandbox.stepfunctions import MachineInfo
from sandbox.stepfunctions.history import LIMIT

MODEL = ServiceModel(Loader().load_service_model("stepfunctions", "service-2"), "stepfunctions")
EVENT_MEMBERS = getattr(MODEL.shape_for("HistoryEvent"), "members")  # noqa: B009
PASS = machine_of({"Type": "Pass"})
UNKNOWN = "arn:aws:states:us-east-1:000000000000:stateMachine:none"


def fits(shape: Shape, value: Any, path: str = "") -> None:
    """Asserts that a value is what the model's shape says: members, required ones, types, enums and lengths."""
    kinds = {"string": str, "long": int, "integer": int, "boolean": bool, "timestamp": datetime}
    if isinstance(shape, StructureShape):
        assert set(value) <= set(shape.members), path
        assert set(shape.required_members) <= set(value), path
        for name, member in value.items():
            fits(shape.members[name], member, f"{path}.{name}")
    elif isinstance(shape, ListShape):
        for item in value:
            fits(shape.member, item, path)
    else:
        assert isinstance(value, kinds[shape.type_name]), path
        if isinstance(shape, StringShape) and isinstance(value, str):
            assert not shape.enum or value in shape.enum, path
            assert shape.metadata.get("min", 0) <= len(value) <= shape.metadata.get("max", len(value)), path
        if isinstance(value, datetime):
            assert value.tzinfo is UTC


def call(stand: Stand, operation: str, **params: Any) -> dict[str, Any]:
    answer: dict[str, Any] = getattr(stand.service, xform_name(operation))(params, None)
    shape = MODEL.operation_model(operation).output_shape
    assert shape is not None
    fits(shape, answer, operation)
    return answer


def refusal(stand: Stand, operation: str, **params: Any) -> tuple[str, str]:
    with pytest.raises(AwsError) as error:
        call(stand, operation, **params)
    assert error.value.status == 400
    return error.value.code, error.value.message


def test_the_same_start_again_answers_the_same() -> None:
    stand, clock = virtual()
    machine = stand.machine(machine_of({"Type": "Wait", "Seconds": 9}))
    first = call(stand, "StartExecution", stateMachineArn=machine, name="one", input='{"a": 1}')
    clock.advance(2)
    assert call(stand, "StartExecution", stateMachineArn=machine, name="one", input='{"a": 1}') == first
    exists = ("ExecutionAlreadyExists", f"Execution Already Exists: '{first['executionArn']}'")
    assert refusal(stand, "StartExecution", stateMachineArn=machine, name="one", input="{}") == exists
    clock.run()
    assert refusal(stand, "StartExecution", stateMachineArn=machine, name="one", input='{"a": 1}') == exists
    assert len(stand.events) == 2


def test_an_unknown_machine() -> None:
    stand, _ = virtual()
    missing = ("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{UNKNOWN}'")
    assert refusal(stand, "StartExecution", stateMachineArn=UNKNOWN) == missing
    assert refusal(stand, "ListExecutions", stateMachineArn=UNKNOWN) == missing
    invalid = ("InvalidArn", "Invalid Arn: 'Invalid ARN prefix: machine'")
    assert refusal(stand, "ListExecutions", stateMachineArn="machine") == invalid


@pytest.mark.parametrize("given", ["not json", "{'a': 1}", "", "NaN", '{"a": Infinity}', "{} {}"])
def test_input_that_is_no_json(given: str) -> None:
    stand, _ = virtual()
    code, message = refusal(stand, "StartExecution", stateMachineArn=stand.machine(PASS), input=given)
    assert code == "InvalidExecutionInput"
    assert message.startswith("Invalid State Machine Execution Input: '")
    assert not stand.events


@pytest.mark.parametrize("given", ["2", '"x"', "null", "[]"])
def test_input_may_be_any_json(given: str) -> None:
    stand, clock = virtual()
    arn = call(stand, "StartExecution", stateMachineArn=stand.machine(PASS), input=given)["executionArn"]
    clock.run()
    assert call(stand, "DescribeExecution", executionArn=arn)["output"] == given


def test_input_has_at_most_256_kilobytes_of_utf_8() -> None:
    stand, _ = virtual()
    machine = stand.machine(PASS)
    call(stand, "StartExecution", stateMachineArn=machine, input=json.dumps("x" * 262_142))
    for text in (json.dumps("x" * 262_143), json.dumps("ä" * 131_072, ensure_ascii=False)):
        assert refusal(stand, "StartExecution", stateMachineArn=machine, input=text)[0] == "ValidationException"


@pytest.mark.parametrize("name", ["", "a b", "a/b", "a:b", "a\x7f", "a\x00", "a$", "[a]", "x" * 81])
def test_a_bad_name(name: str) -> None:
    stand, _ = virtual()
    assert refusal(stand, "StartExecution", stateMachineArn=stand.machine(PASS), name=name) == (
        "InvalidName",
        f"Invalid Name: '{name}'",
    )


def test_good_names_and_a_name_of_its_own() -> None:
    stand, _ = virtual()
    machine = stand.machine(PASS)
    for name in ("x" * 80, "session_1-2", "a.b@c!", "ä"):
        arn = call(stand, "StartExecution", stateMachineArn=machine, name=name)["executionArn"]
        assert arn == f"arn:aws:states:us-east-1:000000000000:execution:machine:{name}"
    named = {call(stand, "StartExecution", stateMachineArn=machine)["executionArn"] for _ in range(3)}
    assert len(named) == 3


def test_express_machines_and_broken_definitions_do_not_start() -> None:
    stand, _ = virtual()
    machine = stand.machine(PASS)
    stand.machines[machine] = MachineInfo("machine", json.dumps(PASS), ROLE, type="EXPRESS")
    assert refusal(stand, "StartExecution", stateMachineArn=machine)[0] == "StateMachineTypeNotSupported"
    stand.machines[machine] = MachineInfo("machine", '{"StartAt": "A"}', ROLE)
    code, message = refusal(stand, "StartExecution", stateMachineArn=machine)
    assert code == "ValidationException"
    assert message.startswith("Invalid State Machine Definition: '")


@pytest.mark.parametrize(
    "operation", ["DescribeExecution", "GetExecutionHistory", "StopExecution", "DescribeStateMachineForExecution"]
)
def test_an_unknown_execution(operation: str) -> None:
    stand, _ = virtual()
    arn = "arn:aws:states:us-east-1:000000000000:execution:machine:none"
    missing = ("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
    assert refusal(stand, operation, executionArn=arn) == missing
    assert refusal(stand, operation, executionArn="none")[0] == "InvalidArn"


def test_describe_while_it_runs_and_after_each_end() -> None:
    stand, clock = virtual()
    pause = {"Type": "Wait", "Seconds": 9}
    running = stand.start(stand.machine(machine_of(pause), "ok"))
    failed = stand.start(stand.machine(machine_of({"Type": "Fail", "Error": "E", "Cause": "C"}), "bad"))
    timed_out = stand.start(stand.machine(machine_of(pause) | {"TimeoutSeconds": 2}, "slow"))
    aborted = stand.start(stand.machine(machine_of(pause), "stopped"))
    call(stand, "StopExecution", executionArn=aborted)
    answer = call(stand, "DescribeExecution", executionArn=running)
    assert answer["redriveStatusReason"] == "Execution is RUNNING and cannot be redriven"
    assert not {"stopDate", "output", "error", "cause"} & set(answer)
    clock.run()
    answer = call(stand, "DescribeExecution", executionArn=running)
    assert (answer["status"], answer["output"], answer["outputDetails"]) == ("SUCCEEDED", "{}", {"included": True})
    assert answer["redriveStatus"] == "NOT_REDRIVABLE"
    for arn, status in ((failed, "FAILED"), (timed_out, "TIMED_OUT"), (aborted, "ABORTED")):
        answer = call(stand, "DescribeExecution", executionArn=arn)
        assert (answer["status"], answer["redriveCount"], answer["redriveStatus"]) == (status, 0, "REDRIVABLE")
        assert "stopDate" in answer
        assert "output" not in answer
    answer = call(stand, "DescribeExecution", executionArn=failed)
    assert (answer["error"], answer["cause"]) == ("E", "C")
    assert "input" not in call(stand, "DescribeExecution", executionArn=failed, includedData="METADATA_ONLY")


def test_the_machine_of_an_execution_is_the_one_it_began_with() -> None:
    stand, clock = virtual()
    machine = stand.machine(machine_of({"Type": "Pass", "Result": "old"}))
    arn = stand.start(machine)
    stand.machine(machine_of({"Type": "Pass", "Result": "new"}))
    clock.run()
    assert stand.output(arn) == "old"
    answer = call(stand, "DescribeStateMachineForExecution", executionArn=arn)
    assert json.loads(answer["definition"])["States"]["Only"]["Result"] == "old"
    assert answer["roleArn"] == ROLE


def test_executions_are_listed_newest_first_in_pages_that_stay() -> None:
    stand, clock = virtual()
    machine, other = stand.machine(PASS), stand.machine(machine_of({"Type": "Wait", "Seconds": 5}), "other")
    for number in range(7):
        stand.start(machine, name=f"n{number}")
    stand.start(other)
    page = call(stand, "ListExecutions", stateMachineArn=machine, maxResults=3)
    stand.start(machine, name="later")
    names = [item["name"] for item in page["executions"]]
    while "nextToken" in page:
        params = {"stateMachineArn": machine, "maxResults": 3, "nextToken": page["nextToken"]}
        page = call(stand, "ListExecutions", **params)
        names += [item["name"] for item in page["executions"]]
    assert names == [f"n{number}" for number in range(6, -1, -1)]
    clock.advance(1)
    for status, count in (("RUNNING", 0), ("SUCCEEDED", 8), ("FAILED", 0)):
        assert len(call(stand, "ListExecutions", stateMachineArn=machine, statusFilter=status)["executions"]) == count
    assert len(call(stand, "ListExecutions", stateMachineArn=other, statusFilter="RUNNING")["executions"]) == 1
    for token in ("nonsense", "bm9uc2Vuc2U="):
        refused = refusal(stand, "ListExecutions", stateMachineArn=machine, nextToken=token)
        assert refused == ("InvalidToken", "Invalid Token: 'Invalid token'")


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 100])
@pytest.mark.parametrize("reverse", [False, True])
def test_history_in_pages_both_ways(size: int, reverse: bool) -> None:
    stand, clock = virtual()
    arn = stand.start(PASS)
    clock.run()
    seen: list[int] = []
    params: dict[str, Any] = {"executionArn": arn, "maxResults": size, "reverseOrder": reverse}
    while True:
        page = call(stand, "GetExecutionHistory", **params)
        seen += [event["id"] for event in page["events"]]
        if "nextToken" not in page:
            break
        params["nextToken"] = page["nextToken"]
    assert seen == ([4, 3, 2, 1] if reverse else [1, 2, 3, 4])


def test_every_event_of_a_rich_history_has_the_models_shape() -> None:
    stand, clock = virtual({"wait": [{"return": {}}], "work": [{"raise": {"errorType": "E", "errorMessage": "m"}}]})
    retry = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}]
    fork = {
        "Type": "Parallel",
        "Branches": [
            {"StartAt": "Wait", "States": {"Wait": token_wait(TimeoutSeconds=60, HeartbeatSeconds=20, End=True)}},
            {"StartAt": "Work", "States": {"Work": task(Retry=retry, End=True)}},
            {"StartAt": "Nap", "States": {"Nap": {"Type": "Wait", "Seconds": 90, "End": True}}},
        ],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Pick"}],
        "Next": "Bad",
    }
    pick = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.Error", "StringEquals": "E", "Next": "Bad"}],
        "Default": "Bad",
    }
    arn = stand.start(machine_of(fork, Pick=pick, Bad={"Type": "Fail", "Error": "Bad"}))
    clock.run()
    for included in (True, False):
        events = call(stand, "GetExecutionHistory", executionArn=arn, includeExecutionData=included)["events"]
        for event in events:
            member = f"{event['type'][0].lower()}{event['type'][1:]}EventDetails"
            carriers = [name for name in event if name.endswith("Details")]
            if member in EVENT_MEMBERS:
                assert carriers == [member]
            if not included:
                assert not {"input", "output"} & set(details(event))
    scheduled = next(details(e) for e in stand.history(arn) if e["type"] == "TaskScheduled")
    assert scheduled["region"] == "us-east-1"
    assert json.loads(scheduled["parameters"])["FunctionName"] == "wait"
    assert (scheduled["timeoutInSeconds"], scheduled["heartbeatInSeconds"]) == (60, 20)
    assert [event["id"] for event in stand.history(arn)] == list(range(1, len(stand.history(arn)) + 1))


def test_status_events_have_aws_form() -> None:
    stand, clock = virtual()
    arn = stand.start(PASS, {"a": 1}, name="n")
    clock.run()
    machine = "arn:aws:states:us-east-1:000000000000:stateMachine:machine"
    started = {
        "executionArn": arn,
        "stateMachineArn": machine,
        "name": "n",
        "status": "RUNNING",
        "startDate": 1_750_000_000_000,
        "stopDate": None,
        "input": '{"a": 1}',
        "inputDetails": {"included": True},
        "output": None,
        "outputDetails": None,
        "error": None,
        "cause": None,
    }
    ended = started | {
        "status": "SUCCEEDED",
        "stopDate": 1_750_000_000_000,
        "output": '{"a":1}',
        "outputDetails": {"included": True},
    }
    kind = "Step Functions Execution Status Change"
    assert stand.events == [
        {"source": "aws.states", "detail-type": kind, "detail": detail, "resources": [arn]}
        for detail in (started, ended)
    ]


def test_a_history_that_is_full_ends_the_execution() -> None:
    stand, clock = virtual()
    again = {"Variable": "$.enough", "IsPresent": False, "Next": "Only"}
    choice = {"Type": "Choice", "Choices": [again], "Default": "Done"}
    arn = stand.start(machine_of({"Type": "Pass", "Next": "Again"}, Again=choice, Done={"Type": "Succeed"}))
    clock.run()
    answer = stand.describe(arn)
    assert (answer["status"], answer["error"]) == ("FAILED", "States.Runtime")
    assert answer["cause"] == "The execution reached the maximum number of history events (25000)."
    last = stand.history(arn, reverseOrder=True)[0]
    assert (last["id"], last["type"]) == (LIMIT, "ExecutionFailed")


def test_what_iam_judges() -> None:
    stand, _ = virtual()
    judged = stand.service.authorisation
    assert judged("StartExecution", {"stateMachineArn": "m"}) == [("states:StartExecution", "m", {})]
    assert judged("StopExecution", {"executionArn": "e"}) == [("states:StopExecution", "e", {})]
    assert judged("SendTaskSuccess", {"taskToken": "t"}) == [("states:SendTaskSuccess", "*", {})]
