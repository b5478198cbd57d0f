"""`showrunner deploy`, `destroy` and `stop --all`, around what does the work."""

import json
import time
from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError
from fake_api import Run

from infra import deploy as infra
from infra.deploy import DeployError, Progress
from showrunner.errors import InProgress
from showrunner.session import Session
from showrunner.store import Store
from workflows import sessions

OUTPUTS = {
    "ApiUrl": "https://api.example/api",
    "UserPoolClientId": "a-client",
    "StudioUrl": "https://d1.example/",
    "TableName": "showrunner-test",
    "SessionMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:showrunner-test-session",
    "CleanupMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:showrunner-test-cleanup",
}


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was asked of the deployment."""
    asked: list[Any] = []

    def deploy(stage: str, parameters: Any, *, report: Any, warn: Any) -> dict[str, str]:
        asked.append((stage, parameters))
        report(Progress("Table", "AWS::DynamoDB::Table", "CREATE_IN_PROGRESS"))
        report(Progress("Table", "AWS::DynamoDB::Table", "CREATE_COMPLETE"))
        report(Progress("Rule", "AWS::Events::Rule", "CREATE_FAILED", "it is too long"))
        warn("Ask for more.")
        return OUTPUTS

    monkeypatch.setattr(infra, "deploy", deploy)
    return asked


def test_deploy_shows_each_resource_and_the_outputs(deployed: list[Any], run: Run) -> None:
    result = run("deploy", "--stage", "test", "--input-cidr", "203.0.113.7/32", "--cors-origin", "https://x.example")
    assert result.exit_code == 0
    assert deployed == [("test", {"InputCidr": "203.0.113.7/32", "CorsOrigin": "https://x.example"})]
    shown = result.stdout.splitlines()
    assert shown[0].split() == ["CREATE_COMPLETE", "Table", "AWS::DynamoDB::Table"]
    assert "it is too long" in shown[2]
    assert "The studio: https://d1.example/" in shown
    assert "  export SHOWRUNNER_CLIENT_ID=a-client" in shown
    assert result.stderr == "showrunner: Ask for more.\n"


def test_deploy_again_keeps_what_is_not_given(deployed: list[Any], run: Run) -> None:
    result = run("deploy", "--json", SHOWRUNNER_STAGE="test")
    assert deployed == [("test", {})]
    assert json.loads(result.stdout) == OUTPUTS


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (DeployError("The stack is ROLLBACK_COMPLETE."), 1, "The stack is ROLLBACK_COMPLETE."),
        (NoCredentialsError(), 2, "There are no AWS credentials."),
    ],
)
def test_it_cannot_be_deployed(
    monkeypatch: pytest.MonkeyPatch, run: Run, error: Exception, code: int, said: str
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        try:
            raise error
        except NoCredentialsError as cause:
            raise DeployError("AWS could not be reached") from cause

    monkeypatch.setattr(infra, "deploy", fail)
    result = run("deploy", "--stage", "test", "--json")
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in result.stderr


def test_destroy_says_what_stays(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    monkeypatch.setattr(infra, "destroy", lambda stage, **_: {"the table": f"showrunner-{stage}"})
    assert "showrunner-test" in run("destroy", "--stage", "test").stdout
    assert json.loads(run("destroy", "--stage", "test", "--json").stdout) == {"stays": {"the table": "showrunner-test"}}


@pytest.fixture
def stage(table: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A stage where `a` and `b` run and `c` does not."""
    monkeypatch.setattr(infra, "outputs", lambda _: OUTPUTS)
    for session_id in "abc":
        table.create_session(Session(id=session_id, owner=f"owner of {session_id}"))
    for session_id in "ab":
        assert table.begin_attempt(table.session(session_id), True)
    return table


def test_stop_all(stage: Store, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[str] = []

    def end(session: Session) -> str:
        ended.append(session.id)
        return f"Session '{session.id}' is being stopped."

    def pass_time(_: float) -> None:
        for session_id in ended:
            stage.close_attempt(session_id, 1)

    monkeypatch.setattr(sessions, "end", end)
    monkeypatch.setattr(time, "sleep", pass_time)
    result = run("stop", "--all", "--stage", "test", "--wait")
    assert (result.exit_code, ended) == (0, ["a", "b"])
    assert result.stdout.splitlines()[-1] == "All have ended."
    assert json.loads(run("stop", "--all", "--stage", "test", "--json").stdout) == {"stopped": []}


def test_stop_all_goes_on_after_one_that_cannot_be_stopped(
    stage: Store, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[str] = []

    def end(session: Session) -> str:
        ended.append(session.id)
        if session.id == "a":
            raise InProgress("Session 'a' is being changed.")
        return "stopped"

    monkeypatch.setattr(sessions, "end", end)
    result = run("stop", "--all", "--stage", "test")
    assert (result.exit_code, ended) == (1, ["a", "b"])
    assert "Not stopped: a." in result.stderr


def test_stop_needs_a_word_to_stop_everything(run: Run) -> None:
    result = run("stop", "--stage", "test")
    assert result.exit_code == 2
    assert "--all" in result.stderr


def test_deploy_says_what_the_account_may_have(deployed: list[Any], run: Run) -> None:
    run("deploy", "--stage", "test", "--quota", "channels=20", "--quota", "ivs_streams=off")
    run("deploy", "--stage", "test", "--quota", "none")
    assert deployed == [("test", {"Quotas": "channels=20,ivs_streams=off"}), ("test", {"Quotas": "none"})]
    for wrong in ("films=3", "channels=many"):
        result = run("deploy", "--stage", "test", "--quota", wrong)
        assert (result.exit_code, "NAME is one of channels, push_inputs" in result.stderr) == (2, True)
