"""The sandbox's door: signatures and policies are checked, for MiniStack's services and for ours."""

import json
import urllib.error
import urllib.request

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.server import Sandbox


@pytest.fixture(scope="module")
def nobody(aws: Sandbox) -> boto3.Session:
    """A user without a policy."""
    iam = aws.session().client("iam", endpoint_url=aws.url)
    iam.create_user(UserName="nobody")
    key = iam.create_access_key(UserName="nobody")["AccessKey"]
    return boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name="us-east-1")


def test_it_is_an_account_of_its_own(aws: Sandbox) -> None:
    identity = aws.session().client("sts", endpoint_url=aws.url).get_caller_identity()
    assert identity["Account"] == "000000000000"


@pytest.mark.parametrize(
    ("service", "operation"), [("dynamodb", "list_tables"), ("stepfunctions", "list_state_machines")]
)
def test_a_user_without_a_policy_may_nothing(aws: Sandbox, nobody: boto3.Session, service: str, operation: str) -> None:
    client = nobody.client(service, endpoint_url=aws.url)
    with pytest.raises(ClientError) as refused:
        getattr(client, operation)()
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"


def test_control_is_json_only(aws: Sandbox) -> None:
    with urllib.request.urlopen(f"{aws.url}/_sandbox/ready") as answer:
        assert json.load(answer) == {"ready": True}
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{aws.url}/_sandbox/events", data=b"{}")
    assert refused.value.code == 400
