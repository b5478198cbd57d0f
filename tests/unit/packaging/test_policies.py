"""Least privilege: one policy a function, exact actions, and `*` only where AWS knows no resource."""

import json
from typing import Any

import pytest

from infra.machines import FUNCTION
from infra.package import ROOT
from showrunner.settings import PREFIX, Settings
from tasks import TASKS

Node = dict[str, Any]

CONFIG = json.loads((ROOT / ".chalice" / "config.json").read_text())["stages"]["showrunner"]
POLICIES = {path.name: json.loads(path.read_text()) for path in (ROOT / ".chalice").glob("policy-*.json")}
STATEMENTS = [
    pytest.param(statement, id=f"{name.removesuffix('.json')}.{statement['Sid']}")
    for name, policy in sorted(POLICIES.items())
    for statement in policy["Statement"]
]
# AWS authorises these without a resource (service authorization reference).
WITHOUT_RESOURCE = {
    "medialive:ListAlerts",
    "medialive:ListChannels",
    "medialive:ListInputs",
    "medialive:ListInputSecurityGroups",
    "states:SendTaskSuccess",
    "states:SendTaskFailure",
    "servicequotas:ListServiceQuotas",
    "servicequotas:ListAWSDefaultServiceQuotas",
}
# Calls that change or remove what is there; a tag of the stage, or of an owner, must be on it.
CHANGES = {
    "medialive:StartChannel",
    "medialive:StopChannel",
    "medialive:DeleteChannel",
    "medialive:DeleteInput",
    "medialive:DeleteInputSecurityGroup",
    "medialive:BatchUpdateSchedule",
    "ivs:StopStream",
}


def several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_every_function_has_a_policy_of_its_own_and_every_policy_a_function(template: Node) -> None:
    functions = CONFIG["lambda_functions"]
    assert set(TASKS) <= set(functions), "a task lacks its entry in .chalice/config.json"
    assert {name: f["iam_policy_file"] for name, f in functions.items()} == {n: f"policy-{n}.json" for n in functions}
    assert set(POLICIES) == {f"policy-{name}.json" for name in functions} | {CONFIG["iam_policy_file"]}
    packaged = {n: r["Properties"] for n, r in template["Resources"].items() if r["Type"] == FUNCTION}
    assert len(packaged) == len(functions), "a function of app.py lacks its entry in .chalice/config.json"
    roles = [function["Role"]["Fn::GetAtt"][0] for function in packaged.values()]
    assert len(set(roles)) == len(roles), "two functions share a role"


def test_a_function_without_a_policy_may_only_log() -> None:
    (statement,) = POLICIES[CONFIG["iam_policy_file"]]["Statement"]
    assert all(action.startswith("logs:") for action in statement["Action"])


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_statement_is_exact(statement: Node) -> None:
    actions, resources = several(statement["Action"]), several(statement["Resource"])
    assert statement["Effect"] == "Allow"
    assert not [action for action in actions if "*" in action]
    assert ("*" in resources) <= (set(actions) <= WITHOUT_RESOURCE)
    if CHANGES & set(actions):
        assert "aws:ResourceTag/showrunner:" in json.dumps(statement["Condition"])


def test_a_stream_is_stopped_on_a_channel_of_this_stage_or_a_borrowed_one() -> None:
    """A borrowed channel has its owner's tag and no stage; another stage's own channel has another stage."""
    (statement,) = [s for s in POLICIES["policy-stop_stream.json"]["Statement"] if s["Action"] == "ivs:StopStream"]
    assert statement["Condition"] == {
        "Null": {"aws:ResourceTag/showrunner:owner": "false"},
        "StringEqualsIfExists": {"aws:ResourceTag/showrunner:stage": "${Stage}"},
    }


def test_a_channel_is_deleted_for_its_owner_that_is_neither_a_sessions_nor_another_stages() -> None:
    statements = POLICIES["policy-api_handler.json"]["Statement"]
    (statement,) = [each for each in statements if each["Action"] == "ivs:DeleteChannel"]
    assert statement["Condition"] == {
        "Null": {"aws:ResourceTag/showrunner:owner": "false", "aws:ResourceTag/showrunner:session": "true"},
        "StringEqualsIfExists": {"aws:ResourceTag/showrunner:stage": "${Stage}"},
    }


def test_lambda_may_read_and_empty_the_queue_that_it_polls() -> None:
    """With the function's role (Lambda developer guide, 'Using Lambda with Amazon SQS')."""
    (statement,) = [s for s in POLICIES["policy-watch_streams.json"]["Statement"] if s["Sid"] == "LookAgain"]
    assert {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"} <= set(statement["Action"])
    assert statement["Resource"] == "${StreamLooks.Arn}"


def test_the_one_role_that_may_be_passed_goes_to_medialive() -> None:
    passed = [s for policy in POLICIES.values() for s in policy["Statement"] if "iam:PassRole" in several(s["Action"])]
    (statement,) = passed
    assert statement["Resource"] == "${MediaLiveRole.Arn}"
    assert statement["Condition"] == {"StringEquals": {"iam:PassedToService": "medialive.amazonaws.com"}}


def test_the_environment_of_a_function_is_what_the_settings_read() -> None:
    known = {PREFIX + name.upper() for name in Settings.__annotations__}
    for name, function in CONFIG["lambda_functions"].items():
        assert set(function["environment_variables"]) <= known, name
