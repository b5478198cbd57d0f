"""A function runs as on AWS: what it sees, what it may, how it fails, what becomes of its log."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sandbox.lambdas import AT_ONCE
from sandbox.server import Sandbox

from .helpers import eventually, message


@pytest.fixture(scope="module")
def invoke(clients: Any, outputs: dict[str, str]) -> Any:
    """`invoke(action=...)`: (function error, payload)."""
    functions = clients("lambda")

    def call(name: str = outputs["Worker"], **event: Any) -> tuple[str | None, Any]:
        answer = functions.invoke(FunctionName=name, Payload=json.dumps(event))
        return answer.get("FunctionError"), json.loads(answer["Payload"].read())

    return call


def test_it_sees_its_own_environment_and_nothing_of_this_machine(aws: Sandbox, invoke: Any) -> None:
    failed, seen = invoke(action="echo")
    assert failed is None
    assert seen["environment"]["AWS_ENDPOINT_URL"] == aws.url
    assert seen["environment"]["TABLE"] == "small-table"
    assert seen["environment"]["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert "HOME" not in seen["environment"]
    assert not any("site-packages" in path for path in seen["path"])


def test_a_package_that_is_not_in_the_zip_is_missing(invoke: Any) -> None:
    failed, error = invoke(action="import", module="pytest")
    assert failed == "Unhandled"
    assert error["errorType"] == "ModuleNotFoundError"


def test_its_role_is_enforced(invoke: Any) -> None:
    assert invoke(action="put", key="mine") == (None, None)
    failed, error = invoke(action="scan")
    assert failed == "Unhandled"
    assert error["errorType"] == "ClientError"
    assert "is not authorized to perform: dynamodb:Scan" in error["errorMessage"]


def test_its_role_is_enforced_on_our_services_too(clients: Any, invoke: Any, outputs: dict[str, str]) -> None:
    failed, seen = invoke(action="group", id=outputs["Publishers"])
    assert failed is None
    assert seen["rules"] == [{"Cidr": "10.0.0.0/8"}]
    assert seen["tags"]["team"] == "live"

    group = clients("medialive").create_input_security_group(Tags={"team": "other"})["SecurityGroup"]
    failed, error = invoke(action="group", id=group["Id"])
    assert failed == "Unhandled"
    assert "is not authorized to perform: medialive:DescribeInputSecurityGroup" in error["errorMessage"]
    assert "AccessDeniedException" in invoke(action="inputs")[1]["errorMessage"]


def test_an_exception_is_told_as_awss_runtime_tells_it(invoke: Any) -> None:
    failed, error = invoke(action="fail")
    assert failed == "Unhandled"
    assert (error["errorType"], error["errorMessage"]) == ("LookupError", "not there")
    assert 'raise LookupError("not there")' in error["stackTrace"][-1]


def test_a_time_out_and_an_exit_end_the_environment(invoke: Any, outputs: dict[str, str]) -> None:
    assert invoke(name=outputs["Slow"])[1]["errorType"] == "Sandbox.Timedout"
    assert invoke(action="exit")[1]["errorType"] == "Runtime.ExitError"
    assert invoke(action="put", key="after") == (None, None)


def test_a_burst_waits_its_turn(invoke: Any) -> None:
    burst = 5 * AT_ONCE
    with ThreadPoolExecutor(burst) as pool:
        seen = list(pool.map(lambda _: invoke(action="echo"), range(burst)))
    assert [failed for failed, _ in seen] == [None] * burst
    assert len({each["environment"]["AWS_LAMBDA_LOG_STREAM_NAME"] for _, each in seen}) <= AT_ONCE


def test_its_log_is_kept(clients: Any, invoke: Any, outputs: dict[str, str]) -> None:
    _, error = invoke(action="fail")
    events = clients("logs").filter_log_events(logGroupName=f"/aws/lambda/{outputs['Worker']}")["events"]
    lines = [event["message"] for event in events]
    start = next(n for n, line in enumerate(lines) if line.startswith(f"START RequestId: {error['requestId']}"))
    assert lines[start + 1 : start + 3] == ["about to fail", "[ERROR] LookupError: not there"]
    assert any(line.startswith(f"REPORT RequestId: {error['requestId']}") for line in lines[start:])


def test_an_event_that_failed_goes_to_the_destination(clients: Any, outputs: dict[str, str]) -> None:
    clients("lambda").invoke(
        FunctionName=outputs["Worker"], InvocationType="Event", Payload=json.dumps({"action": "fail", "n": 7})
    )
    record = json.loads(eventually(lambda: message(clients, outputs["Failed"]), "the failure")["Body"])
    assert record["requestPayload"] == {"action": "fail", "n": 7}
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 2
    assert record["responsePayload"]["errorType"] == "LookupError"
