"""Faults in a running sandbox: through every client's door, ordered over HTTP and by the command line."""

import json
import time
from collections.abc import Iterator
from functools import cache
from typing import Any

import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError
from typer.testing import CliRunner, Result

from sandbox.server import Sandbox
from sandbox.wire import operation_of
from showrunner.cli import app

TABLE = {
    "TableName": "table",
    "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}


@pytest.fixture(scope="module")
def aws() -> Iterator[Sandbox]:
    with Sandbox(media=False, stack=False, timings="brief") as sandbox:
        client(sandbox, "dynamodb").create_table(**TABLE)
        client(sandbox, "s3").create_bucket(Bucket="bucket")
        yield sandbox


@pytest.fixture(autouse=True)
def _clear(aws: Sandbox) -> Iterator[None]:
    yield
    httpx.delete(f"{aws.url}/_sandbox/faults")


@cache
def client(aws: Sandbox, service: str, attempts: int = 1) -> Any:
    return aws.session().client(
        service, endpoint_url=aws.url, config=Config(retries={"mode": "standard", "total_max_attempts": attempts})
    )


def order(aws: Sandbox, kind: str, **options: Any) -> str:
    answer = httpx.post(f"{aws.url}/_sandbox/faults", json={"kind": kind, **options})
    assert answer.status_code == 200, answer.text
    fault_id: str = answer.json()["fault"]["id"]
    return fault_id


def put(aws: Sandbox, key: str, attempts: int = 1) -> None:
    client(aws, "dynamodb", attempts).put_item(TableName="table", Item={"k": {"S": key}})


def has(aws: Sandbox, key: str) -> bool:
    return "Item" in client(aws, "dynamodb").get_item(TableName="table", Key={"k": {"S": key}}, ConsistentRead=True)


CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "medialive": ("list_channels", {}),
    "ivs": ("list_channels", {}),
    "stepfunctions": ("list_executions", {"stateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:m"}),
    "dynamodb": ("get_item", {"TableName": "table", "Key": {"k": {"S": "x"}}}),
    "lambda": ("list_functions", {}),
    "s3": ("get_object", {"Bucket": "bucket", "Key": "x"}),
    "sts": ("get_caller_identity", {}),
}
SIGNED = {"stepfunctions": "states"}
ANSWERS = {
    "medialive": ("InternalServerErrorException", 500, "TooManyRequestsException", 429),
    "ivs": ("InternalServerException", 500, "ThrottlingException", 429),
    "stepfunctions": ("ServiceUnavailable", 503, "ThrottlingException", 400),
    "dynamodb": ("InternalServerError", 500, "ThrottlingException", 400),
    "lambda": ("ServiceException", 500, "TooManyRequestsException", 429),
    "s3": ("InternalError", 500, "SlowDown", 503),
    "sts": ("InternalFailure", 500, "ThrottlingException", 400),
}


@pytest.mark.parametrize("service", CALLS)
def test_every_service_fails_in_its_own_words(aws: Sandbox, service: str) -> None:
    name, params = CALLS[service]
    api = client(aws, service)
    operation = api.meta.method_to_api_mapping[name]
    error, status, throttled, throttle_status = ANSWERS[service]
    where = {"service": SIGNED.get(service, service), "operation": operation}
    for kind, wanted in (("error", (error, status)), ("throttle", (throttled, throttle_status))):
        order(aws, kind, **where)
        with pytest.raises(ClientError) as seen:
            getattr(api, name)(**params)
        answer = seen.value.response
        assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == wanted
        assert answer["Error"]["Message"] == "Ordered from the sandbox."
    assert httpx.get(f"{aws.url}/_sandbox/faults").json() == {"faults": []}


def test_before_the_effect_and_after_it(aws: Sandbox) -> None:
    for kind, effect in (("error", False), ("error_after", True)):
        order(aws, kind, service="dynamodb", operation="PutItem", code="Whatever", status=400, message="why")
        with pytest.raises(ClientError, match=r"Whatever.*why"):
            put(aws, kind)
        assert has(aws, kind) is effect
    for kind, effect in (("drop", False), ("drop_after", True)):
        order(aws, kind, service="dynamodb", operation="PutItem")
        with pytest.raises(ConnectionClosedError):
            put(aws, kind)
        assert has(aws, kind) is effect


def test_a_client_that_tries_again_gets_through(aws: Sandbox) -> None:
    order(aws, "throttle", service="dynamodb", operation="PutItem", count=2)
    put(aws, "again", attempts=3)
    assert has(aws, "again")


def test_latency(aws: Sandbox) -> None:
    order(aws, "latency", service="s3", operation="PutObject", seconds=0.3)
    s3 = client(aws, "s3")
    began = time.monotonic()
    s3.put_object(Bucket="bucket", Key="late", Body=b"x" * 100_000)
    assert time.monotonic() - began >= 0.3
    assert s3.get_object(Bucket="bucket", Key="late")["Body"].read() == b"x" * 100_000


@pytest.mark.parametrize(
    ("service", "method", "path", "query", "headers", "body", "operation"),
    [
        ("s3", "PUT", "/b/k", {"partNumber": ["1"], "uploadId": ["u"]}, {}, b"", "UploadPart"),
        ("s3", "GET", "/b", {"list-type": ["2"]}, {}, b"", "ListObjectsV2"),
        ("s3", "GET", "/", {}, {}, b"", "ListBuckets"),
        ("s3", "PATCH", "/b/k", {}, {}, b"", ""),
        ("lambda", "POST", "/2015-03-31/functions/f/invocations", {}, {}, b"", "Invoke"),
        ("medialive", "POST", "/prod/channels/1/start", {}, {}, b"", "StartChannel"),
        ("states", "POST", "/", {}, {"x-amz-target": "AWSStepFunctions.SendTaskSuccess"}, b"", "SendTaskSuccess"),
        (
            "cloudformation",
            "POST",
            "/",
            {},
            {"content-type": "application/x-www-form-urlencoded"},
            b"Action=CreateStack&Version=1",
            "CreateStack",
        ),
        ("execute-api", "GET", "/x", {}, {}, b"", ""),
    ],
)
def test_the_operation_of_a_request(
    service: str,
    method: str,
    path: str,
    query: dict[str, list[str]],
    headers: dict[str, str],
    body: bytes,
    operation: str,
) -> None:
    assert operation_of(service, method, path, query, headers, body) == operation


def run(aws: Sandbox, *arguments: str) -> Result:
    return CliRunner(env={"AWS_ENDPOINT_URL": aws.url, "COLUMNS": "100"}).invoke(app, ["sandbox", *arguments])


def test_the_command_line(aws: Sandbox) -> None:
    assert run(aws, "fault", "list").stdout == "No fault is in effect.\n"
    made = run(
        aws, "fault", "add", "error", "--service", "ivs", "--operation", "GetStream", "--rate", "0.5", "--seed", "3"
    )
    fault_id = made.stdout.strip()
    [listed] = json.loads(run(aws, "fault", "list", "--json").stdout)
    assert listed == {
        "id": fault_id,
        "kind": "error",
        "service": "ivs",
        "operation": "GetStream",
        "rate": 0.5,
        "seed": 3,
        "hits": 0,
    }
    assert "operation=GetStream" in run(aws, "fault", "list").stdout
    assert run(aws, "fault", "clear", fault_id).stdout == "1 ended\n"
    wrong = run(aws, "fault", "clear", fault_id)
    assert (wrong.exit_code, wrong.stderr) == (1, f"showrunner: there is no fault {fault_id}.\n")
    assert "kind is one of" in run(aws, "fault", "add", "explode").stderr


def test_status_shows_what_there_is_and_no_secret(aws: Sandbox) -> None:
    ivs, medialive = client(aws, "ivs"), client(aws, "medialive")
    made = ivs.create_channel(name="on-show")
    group = medialive.create_input_security_group(WhitelistRules=[{"Cidr": "0.0.0.0/0"}])["SecurityGroup"]["Id"]
    destinations = [{"StreamName": "live/a-secret-name"}]
    medialive.create_input(Name="camera", Type="RTMP_PUSH", InputSecurityGroups=[group], Destinations=destinations)
    order(aws, "lose", event="MediaLive Channel State Change")
    shown, told = run(aws, "status"), run(aws, "status", "--json")
    seen = json.loads(told.stdout)
    assert [each["name"] for each in seen["ivs_channels"]] == ["on-show"]
    assert seen["faults"][0]["kind"] == "lose"
    for text in ("on-show", "camera", "DETACHED", "lose"):
        assert text in shown.stdout
    for secret in (made["streamKey"]["value"], "a-secret-name"):
        assert secret not in shown.stdout + told.stdout


def test_only_a_sandbox_on_this_machine_is_asked() -> None:
    for url, says in (
        ("https://aws.example", "no sandbox on this machine"),
        ("http://127.0.0.1:9", "No sandbox answers"),
    ):
        refused = CliRunner(env={"AWS_ENDPOINT_URL": url}).invoke(app, ["sandbox", "status"])
        assert refused.exit_code != 0
        assert says in refused.stderr
        assert refused.stdout == ""
