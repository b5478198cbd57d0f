"""The state machines: the rules that each state keeps, and what the template makes of the names in them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from infra.machines import MissingPiece, add_machines, names_in
from infra.package import asl_files

Node = dict[str, Any]

MACHINES: dict[str, str] = {path.name.removesuffix(".asl.json"): path.read_text() for path in asl_files()}


def states(machine: Node) -> Iterator[tuple[str, Node]]:
    for name, state in machine["States"].items():
        yield name, state
        for branch in state.get("Branches", []):
            yield from states(branch)


STATES = [
    pytest.param(state, id=f"{machine}.{name}")
    for machine, text in MACHINES.items()
    for name, state in states(json.loads(text))
]
TASKS = [param for param in STATES if param.values[0]["Type"] == "Task"]  # type: ignore[index]
WAITS = [param for param in TASKS if param.values[0]["Resource"].endswith(".waitForTaskToken")]  # type: ignore[index]


@pytest.mark.parametrize("text", MACHINES.values(), ids=MACHINES)
def test_a_machine_says_what_it_is_and_ends(text: str) -> None:
    machine = json.loads(text)
    assert machine["Comment"]
    assert machine["TimeoutSeconds"] > 0


@pytest.mark.parametrize("state", STATES)
def test_a_state_says_what_it_is(state: Node) -> None:
    assert state.get("Comment"), "it lacks a Comment"
    if state["Type"] == "Wait":
        time = {"SecondsPath", "TimestampPath"} & set(state)
        assert set(state) == {"Type", "Comment", "Next"} | time, "what may happen is awaited by a task token"
        assert time


@pytest.mark.parametrize("state", TASKS)
def test_a_task_is_bounded_retried_and_caught(state: Node) -> None:
    assert state.get("TimeoutSeconds"), "it lacks TimeoutSeconds"
    assert any("States.ALL" in caught["ErrorEquals"] for caught in state.get("Catch", [])), "it lacks a Catch of all"
    busy = "Lambda.TooManyRequestsException" if "lambda" in state["Resource"] else "StepFunctions.ThrottlingException"
    (transient,) = [retry for retry in state.get("Retry", []) if {busy, "States.ALL"} & set(retry["ErrorEquals"])]
    assert transient["JitterStrategy"] == "FULL"
    assert transient["MaxDelaySeconds"] > transient["IntervalSeconds"]
    assert transient["BackoffRate"] > 1


# What a function's error is called that passes by itself: its class. botocore makes a class of a code only where the
# service's model has it; a throttled SendTaskSuccess, or a permission that has not spread yet, is a ClientError.
PASSING = {
    "InProgress",
    "ClientError",
    "ThrottlingException",
    "ServiceUnavailable",
    "ReadTimeoutError",
    "HTTPClientError",
}


@pytest.mark.parametrize("state", TASKS)
def test_what_passes_by_itself_is_tried_again(state: Node) -> None:
    if "lambda" in state["Resource"]:
        named = {error for retry in state["Retry"] for error in retry["ErrorEquals"]}
        assert sorted(PASSING - named) == []


@pytest.mark.parametrize("state", WAITS)
def test_a_wait_looks_again_at_even_times_and_gives_up(state: Node) -> None:
    (again,) = [retry for retry in state["Retry"] if retry["ErrorEquals"] == ["States.Timeout"]]
    assert (again["IntervalSeconds"], again["BackoffRate"]) == (1, 1)
    assert again["MaxAttempts"] > 0
    assert state["Parameters"]["Payload"]["token.$"] == "$$.Task.Token"


@pytest.mark.parametrize("name", MACHINES)
def test_every_name_has_a_substitution_and_a_permission_and_nothing_else_has(template: Node, name: str) -> None:
    machine = template["Resources"][f"{name.title()}Machine"]["Properties"]
    called = names_in(MACHINES[name])
    assert sorted(machine["DefinitionSubstitutions"]) == called
    assert json.loads(machine["DefinitionString"]) == json.loads(MACHINES[name])
    (policy,) = template["Resources"][f"{name.title()}MachineRole"]["Properties"]["Policies"]
    allowed: list[tuple[str, Any]] = []
    for statement in policy["PolicyDocument"]["Statement"]:
        allowed += [(statement["Action"], resource) for resource in statement["Resource"]]
    machines = [each for each in called if each.endswith("Machine")]
    functions = [each for each in called if each not in machines]
    assert allowed == [
        *(("lambda:InvokeFunction", {"Fn::GetAtt": [each, "Arn"]}) for each in functions),
        *(("states:StartExecution", {"Ref": each}) for each in machines),
    ]


def test_a_task_that_is_missing_is_named() -> None:
    machine = {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}}}
    template = {"Resources": {"SessionMachine": machine, "Role": {"Properties": {}}}}
    with pytest.raises(MissingPiece, match=r"\$\{MixSound\}.*write tasks/mix_sound\.py.*TASKS"):
        add_machines(template, {"session": '{"FunctionName": "${MixSound}"}'})


def test_a_machine_that_the_template_lacks_is_named() -> None:
    with pytest.raises(MissingPiece, match=r"no RehearsalMachine for state_machines/rehearsal\.asl\.json"):
        add_machines({"Resources": {}}, {"rehearsal": "{}"})
