"""`showrunner dlq`: what the two queues hold, as AWS writes it, and where it is sent again."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from fake_api import Run
from moto import mock_aws

from infra import deploy as infra
from showrunner import deadletters
from tests.inprocess import ENVIRONMENT

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:showrunner-test-on_execution_event"
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:showrunner-test-sweep"
OPERATOR = {name: value for name, value in ENVIRONMENT.items() if name.startswith(("AWS_", "SHOWRUNNER_STAGE"))}
EVENT = {"detail-type": "Step Functions Execution Status Change", "detail": {"status": "ABORTED"}}


class Targets:
    """Lambda and Step Functions, as far as they are asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []
        self.refuse = False
        self.gone = ""

    def invoke(self, FunctionName: str, InvocationType: str, Payload: bytes) -> None:
        assert InvocationType == "Event"
        if self.refuse:
            raise ConnectionError
        if FunctionName == self.gone:
            error: Any = {"Error": {"Code": "ResourceNotFoundException", "Message": "There is none."}}
            raise ClientError(error, "Invoke")
        self.asked.append((FunctionName, json.loads(Payload)))

    def start_execution(self, stateMachineArn: str, input: str) -> None:
        self.asked.append((stateMachineArn, json.loads(input)))


class Stage:
    def __init__(self) -> None:
        self.sqs = boto3.client("sqs", region_name="us-east-1")
        self.undelivered = self.sqs.create_queue(QueueName="undelivered")["QueueUrl"]
        self.failed = self.sqs.create_queue(QueueName="failed")["QueueUrl"]
        self.targets = Targets()

    def not_handled(self) -> str:
        """A function failed on an event, three times over; the message's id."""
        context = {"functionArn": f"{FUNCTION}:$LATEST", "condition": "RetriesExhausted", "approximateInvokeCount": 3}
        answer = {"errorType": "RuntimeError", "errorMessage": "no table"}
        body = {"version": "1.0", "requestContext": context, "requestPayload": EVENT, "responsePayload": answer}
        return str(self.sqs.send_message(QueueUrl=self.failed, MessageBody=json.dumps(body))["MessageId"])

    def not_delivered(self, target: str = FUNCTION, event: Any = EVENT) -> str:
        told = {"RULE_ARN": "arn:rule", "TARGET_ARN": target, "ERROR_CODE": "NO_PERMISSIONS", "ERROR_MESSAGE": "denied"}
        attributes: Any = {name: {"DataType": "String", "StringValue": value} for name, value in told.items()}
        sent = self.sqs.send_message(
            QueueUrl=self.undelivered, MessageBody=json.dumps(event), MessageAttributes=attributes
        )
        return str(sent["MessageId"])


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        made = Stage()
        real: Any = {"sqs": made.sqs, "lambda": made.targets, "stepfunctions": made.targets}
        monkeypatch.setattr(boto3, "client", lambda service: real[service])
        queues = f"{made.undelivered},{made.failed}"
        monkeypatch.setattr(infra, "outputs", lambda _: {"DeadLetterQueueUrls": queues})
        init = deadletters.DeadLetters.__init__
        monkeypatch.setattr(deadletters.DeadLetters, "__init__", lambda *given: init(*given, wait=0))
        yield made


def test_what_was_not_handled_is_listed_with_the_reason_and_stays(stage: Stage, run: Run) -> None:
    ids = [stage.not_delivered(), stage.not_handled()]
    for _ in range(2):
        letters = json.loads(run("dlq", "list", "--json", **OPERATOR).stdout)["letters"]
        assert [letter["id"] for letter in letters] == ids
    assert [letter["why"] for letter in letters] == ["NO_PERMISSIONS: denied", "RuntimeError: no table"]
    assert {letter["target"] for letter in letters} == {"showrunner-test-on_execution_event"}
    shown = run("dlq", "list", **OPERATOR).stdout
    assert "Step Functions Execution Status Change" in shown
    assert "RuntimeError: no table" in shown


def test_all_are_sent_to_their_targets_again_once(stage: Stage, run: Run) -> None:
    stage.not_delivered()
    stage.not_delivered(MACHINE, {"dry_run": False})
    stage.not_handled()
    result = run("dlq", "redrive", "--all", **OPERATOR)
    assert result.exit_code == 0, result.stderr
    assert sorted(stage.targets.asked, key=str) == sorted(
        [(FUNCTION, EVENT), (FUNCTION, EVENT), (MACHINE, {"dry_run": False})], key=str
    )
    assert "All events of stage 'test' were handled." in run("dlq", "redrive", "--all", **OPERATOR).stdout
    assert len(stage.targets.asked) == 3
    assert json.loads(run("dlq", "list", "--json", **OPERATOR).stdout) == {"letters": []}


def test_one_is_sent_and_the_others_stay(stage: Stage, run: Run) -> None:
    first, second = stage.not_handled(), stage.not_handled()
    result = run("dlq", "redrive", second, **OPERATOR)
    assert (result.exit_code, result.stdout.split()[0]) == (0, second)
    (left,) = json.loads(run("dlq", "list", "--json", **OPERATOR).stdout)["letters"]
    assert left["id"] == first
    missing = run("dlq", "redrive", second, **OPERATOR)
    assert missing.exit_code == 1
    assert f"Not found: {second}." in missing.stderr


def test_one_whose_target_does_not_take_it_stays(stage: Stage, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is seen again once it is nobody's any more."""
    monkeypatch.setattr(deadletters, "HOLD_SECONDS", 0)
    stage.not_handled()
    stage.targets.refuse = True
    monkeypatch.setattr(deadletters.DeadLetters, "held", lambda _: iter([letter_in(stage)]))
    assert run("dlq", "redrive", "--all", **OPERATOR).exit_code != 0
    assert letter_in(stage).target == FUNCTION


def letter_in(stage: Stage) -> deadletters.Letter:
    (message,) = stage.sqs.receive_message(
        QueueUrl=stage.failed, VisibilityTimeout=0, MessageSystemAttributeNames=["SentTimestamp"]
    )["Messages"]
    return deadletters.letter_of(message, stage.failed)


def test_one_whose_target_is_gone_keeps_no_other_from_its_own(stage: Stage, run: Run) -> None:
    gone = f"{FUNCTION}_of_old"
    stage.targets.gone = gone
    first, second = stage.not_delivered(gone), stage.not_handled()
    result = run("dlq", "redrive", "--all", **OPERATOR)
    assert (result.exit_code, result.stdout.split()[0]) == (1, second)
    assert f"{first}  not taken by showrunner-test-on_execution_event_of_old: There is none." in result.stderr
    (left,) = json.loads(run("dlq", "list", "--json", **OPERATOR).stdout)["letters"]
    assert left["id"] == first, "and it is seen again at once"


@pytest.mark.parametrize("arguments", [(), ("an-id", "--all")])
def test_which_ones_must_be_said(run: Run, arguments: tuple[str, ...]) -> None:
    result = run("dlq", "redrive", *arguments, **OPERATOR)
    assert result.exit_code == 2
    assert "--all" in result.stderr


@pytest.mark.parametrize("body", ["no JSON", "[]", "7", '"requestPayload"', "{}", '{"requestPayload": {}}'])
def test_what_nobody_of_aws_wrote_is_told_stays_and_keeps_no_other_from_its_target(
    stage: Stage, run: Run, body: str
) -> None:
    strange = stage.sqs.send_message(QueueUrl=stage.undelivered, MessageBody=body)["MessageId"]
    stage.not_handled()
    assert f"{strange}  " in run("dlq", "list", **OPERATOR).stdout
    result = run("dlq", "redrive", "--all", **OPERATOR)
    assert result.exit_code == 1
    assert f"{strange}  Neither EventBridge nor Lambda wrote it." in result.stderr
    assert stage.targets.asked == [(FUNCTION, EVENT)]
    (left,) = json.loads(run("dlq", "list", "--json", **OPERATOR).stdout)["letters"]
    assert (left["id"], left["target"]) == (strange, "nobody")
