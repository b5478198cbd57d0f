"""A small stack from end to end: what runs in the sandbox runs under the same rules as on AWS."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.server import Sandbox

from .helpers import control, deliveries, eventually, message, row, tell

CHANNEL = "arn:aws:medialive:us-east-1:000000000000:channel:"


def test_a_machine_waits_for_an_event_and_may_only_what_its_role_says(
    aws: Sandbox, clients: Any, outputs: dict[str, str]
) -> None:
    states = clients("stepfunctions")
    arn = states.start_execution(stateMachineArn=outputs["Machine"], input='{"n": 1}')["executionArn"]
    eventually(lambda: row(clients, outputs["Table"], "wait"), "the task's token")
    assert states.describe_execution(executionArn=arn)["status"] == "RUNNING"

    tell(aws, f"{CHANNEL}1", "WAKE")

    def ended() -> dict[str, Any] | None:
        execution: dict[str, Any] = states.describe_execution(executionArn=arn)
        return execution if execution["status"] != "RUNNING" else None

    execution = eventually(ended, "the execution's end")
    output = json.loads(execution["output"])
    assert execution["status"] == "SUCCEEDED"
    assert output["n"] == 1
    assert output["error"]["Error"] == "Lambda.AWSLambdaException"
    assert "is not authorized to perform: lambda:InvokeFunction" in output["error"]["Cause"]
    types = [event["type"] for event in states.get_execution_history(executionArn=arn)["events"]]
    assert types[1:7] == [
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskSubmitted",
        "TaskSucceeded",
        "TaskStateExited",
    ]
    assert "TaskFailed" in types


def test_a_function_that_does_not_answer_fails_the_state(aws: Sandbox, clients: Any, outputs: dict[str, str]) -> None:
    control(aws, "faults", {"kind": "drop", "service": "lambda", "operation": "Invoke"})
    states = clients("stepfunctions")
    arn = states.start_execution(stateMachineArn=outputs["Machine"], input="{}")["executionArn"]

    def ended() -> bool:
        status: str = states.describe_execution(executionArn=arn)["status"]
        return status != "RUNNING"

    assert eventually(ended, "the execution's end")
    failed = states.describe_execution(executionArn=arn)
    assert (failed["status"], failed["error"]) == ("FAILED", "Lambda.SdkClientException")


def test_a_machine_that_cannot_run_is_refused_when_it_is_made(clients: Any, outputs: dict[str, str]) -> None:
    role = clients("iam").list_roles()["Roles"][0]["Arn"]
    definition = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "Nowhere"}}}
    with pytest.raises(ClientError, match="InvalidDefinition"):
        clients("stepfunctions").create_state_machine(name="broken", definition=json.dumps(definition), roleArn=role)


def test_execution_calls_need_permission(aws: Sandbox, clients: Any, outputs: dict[str, str]) -> None:
    iam = clients("iam")
    iam.create_user(UserName="viewer")
    policy = {"Statement": [{"Effect": "Allow", "Action": "states:ListExecutions", "Resource": outputs["Machine"]}]}
    iam.put_user_policy(UserName="viewer", PolicyName="own", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName="viewer")["AccessKey"]
    states = boto3.client(
        "stepfunctions",
        endpoint_url=aws.url,
        region_name="us-east-1",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    assert "executions" in states.list_executions(stateMachineArn=outputs["Machine"])
    with pytest.raises(ClientError) as refused:
        states.start_execution(stateMachineArn=outputs["Machine"])
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    assert "states:StartExecution on resource: arn:aws:states" in refused.value.response["Error"]["Message"]

    forger = boto3.client(
        "stepfunctions",
        endpoint_url=aws.url,
        region_name="us-east-1",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key="guessed",
    )
    with pytest.raises(ClientError, match="signature"):
        forger.list_executions(stateMachineArn=outputs["Machine"])


def test_a_rule_delivers_and_keeps_what_it_may_not_deliver(aws: Sandbox, clients: Any, outputs: dict[str, str]) -> None:
    channel = f"{CHANNEL}2"
    event = tell(aws, channel, "RUNNING")
    eventually(lambda: deliveries(clients, outputs["Table"], channel, event["id"]) == 1, "the delivery")

    def dead_letter() -> dict[str, Any] | None:
        found = message(clients, outputs["Undelivered"])
        return found if found and json.loads(found["Body"])["id"] == event["id"] else None

    attributes = eventually(dead_letter, "the dead letter")["MessageAttributes"]
    assert attributes["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"
    assert attributes["TARGET_ARN"]["StringValue"].endswith("small-unpermitted")


def test_events_lost_doubled_late_and_again(aws: Sandbox, clients: Any, outputs: dict[str, str]) -> None:
    table = outputs["Table"]
    kind = "MediaLive Channel State Change"

    control(aws, "events", {"detail_type": kind, "effect": "lose"})
    lost = tell(aws, f"{CHANNEL}3", "RUNNING")
    control(aws, "events", {"detail_type": kind, "effect": "double"})
    doubled = tell(aws, f"{CHANNEL}4", "RUNNING")
    control(aws, "events", {"detail_type": kind, "effect": "delay", "seconds": 1})
    late = tell(aws, f"{CHANNEL}5", "RUNNING")

    eventually(lambda: deliveries(clients, table, f"{CHANNEL}4", doubled["id"]) == 2, "both deliveries")
    assert deliveries(clients, table, f"{CHANNEL}5", late["id"]) == 0
    eventually(lambda: deliveries(clients, table, f"{CHANNEL}5", late["id"]) == 1, "the late event")
    assert deliveries(clients, table, f"{CHANNEL}3", lost["id"]) == 0

    control(aws, "emit", {"event_id": lost["id"]})
    eventually(lambda: deliveries(clients, table, f"{CHANNEL}3", lost["id"]) == 1, "the lost event after all")


def test_a_scheduled_rule_fires(aws: Sandbox, clients: Any, outputs: dict[str, str]) -> None:
    control(aws, "schedule", {"rule": outputs["Sweep"]})
    eventually(lambda: row(clients, outputs["Table"], "swept"), "the sweep")
