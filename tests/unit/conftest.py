"""Unit tests: AWS in process, no socket and no sandbox. moto keeps the table."""

import json
from collections.abc import Iterator

import boto3
import botocore.session
import pytest
from botocore.loaders import create_loader
from moto import mock_aws

from showrunner import aws
from showrunner.store import Store, store
from tests.unit.cloud import Cloud

MODELS = create_loader()  # botocore's service models, read once for all tests
REGION, ACCOUNT = "us-east-1", "123456789012"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "SHOWRUNNER_STAGE": "test",
    "SHOWRUNNER_TABLE": "showrunner-test",
    "SHOWRUNNER_RECORDINGS_BUCKET": "recordings-test",
    "SHOWRUNNER_MEDIALIVE_ROLE_ARN": f"arn:aws:iam::{ACCOUNT}:role/medialive",
    "SHOWRUNNER_INPUT_SECURITY_GROUP": "1234567",
    "SHOWRUNNER_SESSION_MACHINE_ARN": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:showrunner-test-session",
    "SHOWRUNNER_CLEANUP_MACHINE_ARN": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:showrunner-test-cleanup",
    "SHOWRUNNER_CORS_ORIGIN": "https://studio.example",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)


@pytest.fixture
def table(environment: None) -> Iterator[Store]:
    """An empty table as the template makes it."""
    ours = ["medialive", "ivs", "stepfunctions"]  # answered by the sandbox's own services, if at all
    with mock_aws(config={"core": {"passthrough": {"services": ours}}}):
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


@pytest.fixture
def cloud(table: Store) -> Iterator[Cloud]:
    """MediaLive, IVS and Step Functions for the tasks; executions stand still in their first state."""
    still = json.dumps({"StartAt": "Stand", "States": {"Stand": {"Type": "Wait", "Seconds": 86_400, "End": True}}})
    machines = {ENVIRONMENT[f"SHOWRUNNER_{name}_MACHINE_ARN"]: still for name in ("SESSION", "CLEANUP")}
    made = Cloud(ACCOUNT, REGION, machines)
    botocore_session = botocore.session.Session()
    botocore_session.register_component("data_loader", MODELS)
    boto3.setup_default_session(botocore_session=botocore_session)
    assert boto3.DEFAULT_SESSION is not None
    made.attach(boto3.DEFAULT_SESSION)
    aws.forget_clients()
    yield made
    boto3.DEFAULT_SESSION = None
