"""`showrunner sweep`: starts the machine, waits for it, and tells what it found."""

import json
import time
from typing import Any

import pytest
from fake_api import Run

from infra import deploy as infra
from sandbox.stepfunctions import Raised, Returned
from tests.cloud import Cloud
from tests.inprocess import ENVIRONMENT, MACHINES, cloud_in_process

FINDS = [
    {"kind": "channel", "name": "arn:aws:medialive:1", "action": "cleanup"},
    {"kind": "input", "name": "arn:aws:medialive:2", "action": "seen"},
    {"kind": "stored show", "name": "lost/1/", "action": "report"},
]
OPERATOR = {name: value for name, value in ENVIRONMENT.items() if name.startswith(("AWS_", "SHOWRUNNER_STAGE"))}
ONE_TASK = {
    "StartAt": "Sweep",
    "States": {
        "Sweep": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "sweep", "Payload.$": "$"},
            "OutputPath": "$.Payload",
            "End": True,
        }
    },
}


@pytest.fixture
def answers(table: Any, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What sweeps answer; once answered, what they were asked."""
    given: list[Any] = []

    def invoke(function: str, payload: Any, role: str, done: Any) -> None:
        answer = given.pop(0)
        given.append(payload)
        done(answer)

    cloud: Cloud = cloud_in_process(dict.fromkeys(MACHINES, json.dumps(ONE_TASK)), invoke)
    monkeypatch.setattr(infra, "outputs", lambda _: {"SweepMachineArn": MACHINES["sweep"]})
    monkeypatch.setattr(time, "sleep", lambda _: cloud.clock.advance(1))
    return given


def test_it_tells_what_it_found(answers: list[Any], run: Run) -> None:
    answers.append(Returned({"finds": FINDS, "counts": {"channel": 3, "stored show": 1}}))
    result = run("sweep", **OPERATOR)
    assert result.exit_code == 0, result.stderr
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["cleanup", "channel", "arn:aws:medialive:1"],
        ["watched", "input", "arn:aws:medialive:2"],
        ["needs", "a", "look", "stored", "show", "lost/1/"],
        ["And", "2", "more."],
    ]
    assert answers == [{"dry_run": False}]


def test_a_dry_run_tells_what_it_would_do(answers: list[Any], run: Run) -> None:
    answers.append(Returned({"finds": FINDS[:1], "counts": {"channel": 1}}))
    assert "would cleanup" in run("sweep", "--dry-run", **OPERATOR).stdout
    assert answers == [{"dry_run": True}]


def test_nothing_is_left_over(answers: list[Any], run: Run) -> None:
    answers.append(Returned({"finds": [], "counts": {}}))
    assert "Nothing is left over in stage 'test'." in run("sweep", **OPERATOR).stdout
    answers[:] = [Returned({"finds": [], "counts": {}})]
    assert json.loads(run("sweep", "--json", **OPERATOR).stdout) == {"finds": [], "counts": {}}


def test_a_sweep_that_failed_says_where_to_look(answers: list[Any], run: Run) -> None:
    answers.append(Raised({"errorType": "SweepIncomplete", "errorMessage": "Not swept: input arn:2."}))
    result = run("sweep", **OPERATOR)
    assert result.exit_code == 1
    assert "What failed is in the history of arn:aws:states:" in result.stderr
