"""An event that a function fails on for good lies in a queue, and is handled when it is sent again."""

import json
import uuid
from typing import Any

from showrunner.deadletters import DeadLetters
from tests.state_machines.test_alarms import goes_off
from tests.studio import Studio, eventually


def dead_letters(studio: Studio) -> DeadLetters:
    session = studio.sandbox.session()
    clients: Any = (
        session.client(each, endpoint_url=studio.sandbox.url) for each in ("sqs", "lambda", "stepfunctions")
    )
    return DeadLetters(studio.outputs["DeadLetterQueueUrls"].split(","), *clients, wait=0)


def test_an_event_that_was_not_handled_is_sent_again_and_then_does_what_it_should(studio: Studio) -> None:
    show = studio.create()
    studio.press(show, "prepare")
    studio.until(show, "ready")
    order = {"service": "dynamodb", "operation": "GetItem", "resource": f"SESSION#{show}"}
    fault = studio.control("faults", kind="error", rate=1.0, code="AccessDeniedException", status=400, **order)
    studio.aws["stepfunctions"].stop_execution(executionArn=studio.execution_arn(show))
    letters = dead_letters(studio)
    (letter,) = eventually(lambda: [each for each in letters.held() if show in str(each.event)], 60, "the dead letter")
    assert letter.what == "Step Functions Execution Status Change"
    assert "OnExecutionEvent" in letter.name
    letters.release(letter)
    goes_off(studio, "FailedEventsAlarm")
    (letter,) = [each for each in letters.held() if show in str(each.event)]
    studio.api.delete(f"{studio.sandbox.url}/_sandbox/faults/{fault['fault']['id']}").raise_for_status()
    assert studio.session(show)["state"] == "ready"

    letters.send_again(letter)
    assert studio.until(show, "failed")["reason"] == "The session's execution was stopped from outside."
    studio.assert_nothing_left(show)
    assert list(letters.held()) == []


def test_an_event_that_could_not_be_delivered_is_sent_again_to_its_target(studio: Studio) -> None:
    """The rule may not call the function: what a deployment by hand can break."""
    functions = studio.sandbox.session().client("lambda", endpoint_url=studio.sandbox.url)
    known = [each for page in functions.get_paginator("list_functions").paginate() for each in page["Functions"]]
    (name,) = [each["FunctionName"] for each in known if "OnInput" in each["FunctionName"]]
    before = runs(studio, name)
    policy = json.loads(functions.get_policy(FunctionName=name)["Policy"])
    for statement in policy["Statement"]:
        functions.remove_permission(FunctionName=name, StatementId=statement["Sid"])
    arn = f"arn:aws:medialive:us-east-1:000000000000:channel:{uuid.uuid4().hex}"  # nobody's
    detail = {"channel_arn": arn, "active_input_switch_action_name": "a", "active_input_attachment_name": "host"}
    kind = "MediaLive Channel Input Change"
    studio.control("emit", source="aws.medialive", detail_type=kind, detail=detail, resources=[arn])

    letters = dead_letters(studio)
    (letter,) = eventually(lambda: [each for each in letters.held() if arn in str(each.event)], 60, "the dead letter")
    assert (letter.name, letter.what) == (name, kind)
    assert letter.why.startswith("NO_PERMISSIONS")
    letters.release(letter)
    goes_off(studio, "UndeliveredEventsAlarm")
    (letter,) = [each for each in letters.held() if arn in str(each.event)]
    for statement in policy["Statement"]:
        functions.add_permission(
            FunctionName=name,
            StatementId=statement["Sid"],
            Action=statement["Action"],
            Principal=statement["Principal"]["Service"],
            SourceArn=statement["Condition"]["ArnLike"]["AWS:SourceArn"],
        )
    letters.send_again(letter)
    eventually(lambda: runs(studio, name) > before, 60, "the run of the function")
    assert list(letters.held()) == []


def runs(studio: Studio, function: str) -> int:
    """How often a function has run, as its log tells."""
    logs, group = studio.aws["logs"], f"/aws/lambda/{function}"
    if group not in {each["logGroupName"] for each in logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]}:
        return 0
    return sum(each["message"].startswith("END") for each in logs.filter_log_events(logGroupName=group)["events"])
