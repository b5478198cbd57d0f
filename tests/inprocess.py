"""One account in process for the tests of tasks and machines: moto's table, and the sandbox's other services."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import boto3
import botocore.session
from botocore.loaders import create_loader
from moto import mock_aws

from infra.keys import generated
from sandbox.stepfunctions import Invoke
from showrunner import aws, cdn
from showrunner.media import SLATE_KEY
from showrunner.store import Store, store
from tests.cloud import Cloud

MODELS = create_loader()  # botocore's service models, read once for all tests
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
    "SHOWRUNNER_CHECK_MEDIA_ARN": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:check-media",
    "SHOWRUNNER_CORS_ORIGIN": "https://studio.example",
    "SHOWRUNNER_CDN_KEY_ID": "K1",
}
CDN_URL = "https://d1.cloudfront.net"


@cache
def cdn_key() -> str:
    """The private key that signs cookies; one for all tests, as `showrunner.cdn` keeps it."""
    return generated()


@contextmanager
def table_in_memory() -> Iterator[Store]:
    """An empty table as the template makes it; MediaLive, IVS and Step Functions are left to others."""
    ours = ["medialive", "ivs", "stepfunctions", "servicequotas"]
    with mock_aws(config={"core": {"passthrough": {"services": ours}}}):
        botocore_session = botocore.session.Session()
        botocore_session.register_component("data_loader", MODELS)
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
        boto3.client("s3").create_bucket(Bucket=ENVIRONMENT["SHOWRUNNER_RECORDINGS_BUCKET"])
        boto3.client("s3").create_bucket(Bucket=ENVIRONMENT["SHOWRUNNER_MEDIA_BUCKET"])
        boto3.client("s3").put_object(Bucket=ENVIRONMENT["SHOWRUNNER_MEDIA_BUCKET"], Key=SLATE_KEY, Body=b"a film")
        boto3.client("ssm").put_parameter(Name=cdn.url_parameter("test"), Value=CDN_URL, Type="String")
        boto3.client("ssm").put_parameter(Name=cdn.key_parameter("test"), Value=cdn_key(), Type="SecureString")
        yield store()
    aws.forget_clients()
    boto3.DEFAULT_SESSION = None


def cloud_in_process(definitions: dict[str, str], invoke: Invoke = lambda *_: None) -> Cloud:
    """Within `table_in_memory`: the other services, with machines of these definitions."""
    cloud = Cloud(ACCOUNT, REGION, {MACHINES[name]: text for name, text in definitions.items()}, invoke)
    assert boto3.DEFAULT_SESSION is not None
    cloud.attach(boto3.DEFAULT_SESSION)
    aws.forget_clients()
    return cloud
