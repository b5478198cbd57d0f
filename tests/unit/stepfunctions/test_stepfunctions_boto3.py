"""boto3 against the service, its HTTP handed over in process: paginators, errors, times."""

import io
import json
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HeadersDict
from botocore.exceptions import ClientError
from stepfunctions_stand import Stand, machine_of, token_wait, virtual

from sandbox.awsapi import ServiceApi


class Raw(io.BytesIO):
    def stream(self) -> Any:
        yield self.read()


def client(stand: Stand) -> Any:
    api = ServiceApi("stepfunctions", stand.service)
    states = boto3.session.Session(region_name="us-east-1").client(
        "stepfunctions", aws_access_key_id="a", aws_secret_access_key="b", endpoint_url="http://sandbox.invalid"
    )

    def send(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        headers = {
            name.lower(): value if isinstance(value, str) else value.decode() for name, value in request.headers.items()
        }
        assert isinstance(request.body, bytes)
        answer = api.handle("POST", "/", "", headers, request.body)
        return AWSResponse(request.url, answer.status, HeadersDict(answer.headers), Raw(answer.body))  # type: ignore[arg-type]

    states.meta.events.register("before-send.stepfunctions.*", send)
    return states


def test_a_life_over_boto3() -> None:
    stand, clock = virtual({"wait": [{"return": {}}]})
    states = client(stand)
    machine = stand.machine(machine_of(token_wait()))
    started = states.start_execution(stateMachineArn=machine, name="one", input='{"a": 1}')
    clock.advance(1)
    states.send_task_heartbeat(taskToken=stand.functions.tokens[0])
    states.send_task_success(taskToken=stand.functions.tokens[0], output=json.dumps({"ok": True}))
    clock.run()
    answer = states.describe_execution(executionArn=started["executionArn"])
    assert (answer["status"], json.loads(answer["output"])) == ("SUCCEEDED", {"ok": True})
    assert answer["startDate"] == started["startDate"]
    with pytest.raises(states.exceptions.TaskTimedOut):
        states.send_task_failure(taskToken=stand.functions.tokens[0], error="late")
    with pytest.raises(states.exceptions.ExecutionAlreadyExists):
        states.start_execution(stateMachineArn=machine, name="one")
    with pytest.raises(ClientError, match="State Machine Does Not Exist"):
        states.start_execution(stateMachineArn=f"{machine}2")
    assert states.describe_state_machine_for_execution(executionArn=started["executionArn"])["name"] == "machine"


def test_the_paginators_see_everything_once() -> None:
    stand, clock = virtual()
    states = client(stand)
    machine = stand.machine(machine_of({"Type": "Pass"}))
    arns = [states.start_execution(stateMachineArn=machine)["executionArn"] for _ in range(5)]
    clock.run()
    pages = states.get_paginator("list_executions").paginate(stateMachineArn=machine, PaginationConfig={"PageSize": 2})
    assert [item["executionArn"] for page in pages for item in page["executions"]] == arns[::-1]
    pages = states.get_paginator("get_execution_history").paginate(
        executionArn=arns[0], PaginationConfig={"PageSize": 3}, reverseOrder=True
    )
    assert [event["id"] for page in pages for event in page["events"]] == [4, 3, 2, 1]
