"""One account in process for the tests of tasks and machines: the simulation's table and S3, the sandbox's services."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from unittest.mock import patch

import boto3
import botocore.session
from moto import mock_aws

from infra.keys import generated
from sandbox.errors import AwsError
from sandbox.stepfunctions import Invoke
from showrunner import aws, cdn, clock
from showrunner.media import SLATE_KEY
from showrunner.store import Store, store
from tests.cloud import Cloud
from tests.simulation.bus import Bus
from tests.simulation.clients import LOADER, Client, Params, Straight
from tests.simulation.dynamodb import DynamoDb
from tests.simulation.s3 import S3

REGION, ACCOUNT = "us-east-1", "123456789012"
MACHINES = {
    name: f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:showrunner-test-{name}"
    for name in ("session", "cleanup", "recording", "archive", "fallback", "sweep", "wake")
}
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "SHOWRUNNER_STAGE": "test",
    "SHOWRUNNER_TABLE": "showrunner-test",
    "SHOWRUNNER_RECORDINGS_BUCKET": "recordings-test",
    "SHOWRUNNER_MEDIA_BUCKET": "media-test",
    "SHOWRUNNER_MEDIALIVE_ROLE_ARN": f"arn:aws:iam::{ACCOUNT}:role/medialive",
    "SHOWRUNNER_INPUT_SECURITY_GROUP": "1234567",
    "SHOWRUNNER_SESSION_MACHINE_ARN": MACHINES["session"],
    "SHOWRUNNER_CLEANUP_MACHINE_ARN": MACHINES["cleanup"],
    "SHOWRUNNER_RECORDING_MACHINE_ARN": MACHINES["recording"],
    "SHOWRUNNER_ARCHIVE_MACHINE_ARN": MACHINES["archive"],
    "SHOWRUNNER_FALLBACK_MACHINE_ARN": MACHINES["fallback"],
    "SHOWRUNNER_WAKE_MACHINE_ARN": MACHINES["wake"],
    "SHOWRUNNER_SESSIONS_OF_OWNER": "0",
    "SHOWRUNNER_SESSIONS_OF_STAGE": "0",
    "SHOWRUNNER_QUOTAS": "none",
    "SHOWRUNNER_BUDGET_OF_OWNER": "0",
    "SHOWRUNNER_BUDGET_OF_STAGE": "0",
    "SHOWRUNNER_AT_BUDGET": "warn",
    "SHOWRUNNER_CHECK_MEDIA_ARN": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:check-media",
    "SHOWRUNNER_STREAM_LOOKS_URL": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/looks",
    "SHOWRUNNER_CORS_ORIGIN": "https://studio.example",
    "SHOWRUNNER_CDN_KEY_ID": "K1",
}
CDN_URL = "https://d1.cloudfront.net"


@cache
def cdn_key() -> str:
    """The private key that signs cookies; one for all tests, as `showrunner.cdn` keeps it."""
    return generated()


CLIENTS: dict[str, Client] = {}
"""What boto3 has within `table_in_memory`."""


class Ticking:
    """The real clock, of which no two looks are within one millisecond, as they are not where calls take their time."""

    def __init__(self) -> None:
        self._last = 0.0

    def time(self) -> float:
        self._last = max(time.time(), self._last + 0.001)
        return self._last

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class Parameters:
    """Systems Manager's parameters."""

    def __init__(self, values: dict[str, str]) -> None:
        self._values = values

    def get_parameter(self, params: Params, caller: Any) -> Params:
        if params["Name"] not in self._values:
            raise AwsError("ParameterNotFound", "", 400)
        return {"Parameter": {"Name": params["Name"], "Value": self._values[params["Name"]]}}

    def put_parameter(self, params: Params, caller: Any) -> Params:
        if params["Name"] in self._values:
            raise AwsError("ParameterAlreadyExists", "The parameter already exists.", 400)
        self._values[params["Name"]] = params["Value"]
        return {}


def _client(service: str, config: Any = None, **_: Any) -> Client:
    return CLIENTS[service].once() if config is aws._ONCE else CLIENTS[service]


@contextmanager
def table_in_memory() -> Iterator[Store]:
    """An empty table, and what else there is besides MediaLive, IVS and Step Functions."""
    recordings, media = (ENVIRONMENT[f"SHOWRUNNER_{name}_BUCKET"] for name in ("RECORDINGS", "MEDIA"))
    s3 = S3([recordings, media], time.time)
    s3.objects[media][SLATE_KEY] = b"a film"
    parameters = Parameters({cdn.url_parameter("test"): CDN_URL, cdn.key_parameter("test"): cdn_key()})
    services = {"dynamodb": DynamoDb(ENVIRONMENT["SHOWRUNNER_TABLE"]), "s3": s3, "ssm": parameters, "events": Bus()}
    CLIENTS.update({name: Client(name, each, Straight(), random.Random(1)) for name, each in services.items()})
    with patch.object(boto3, "client", _client):
        aws.forget_clients()
        clock.use(Ticking())
        yield store()
    aws.forget_clients()
    clock.use()
    CLIENTS.clear()


def cloud_in_process(definitions: dict[str, str], invoke: Invoke = lambda *_: None) -> Cloud:
    """Within `table_in_memory`: the other services, with machines of these definitions."""
    cloud = Cloud(ACCOUNT, REGION, {MACHINES[name]: text for name, text in definitions.items()}, invoke)
    CLIENTS.update({name: cloud.client(name) for name in cloud.services})
    aws.forget_clients()
    return cloud


@contextmanager
def table_on_moto() -> Iterator[Store]:
    """An empty table as the template makes it, for the store's own tests; nothing else."""
    with mock_aws():
        botocore_session = botocore.session.Session()
        botocore_session.register_component("data_loader", LOADER)
        boto3.setup_default_session(botocore_session=botocore_session)
        aws.forget_clients()
        boto3.client("dynamodb").create_table(
            TableName=ENVIRONMENT["SHOWRUNNER_TABLE"],
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "owner", "open", "created_at")
            ],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": index,
                    "KeySchema": [
                        {"AttributeName": index, "KeyType": "HASH"},
                        {"AttributeName": "created_at", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                }
                for index in ("owner", "open")
            ],
        )
        yield store()
    aws.forget_clients()
    boto3.DEFAULT_SESSION = None
