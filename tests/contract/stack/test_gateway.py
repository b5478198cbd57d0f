"""The sandbox's door: signatures and policies are checked, for MiniStack's services and for ours."""

import json
import urllib.error
import urllib.request

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox.server import Sandbox
from tests.contract.stack.helpers import eventually


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
    ("service", "operation"),
    [
        ("dynamodb", "list_tables"),
        ("stepfunctions", "list_state_machines"),
        ("medialive", "list_channels"),
        ("ivs", "list_channels"),
    ],
)
def test_a_user_without_a_policy_may_nothing(aws: Sandbox, nobody: boto3.Session, service: str, operation: str) -> None:
    client = nobody.client(service, endpoint_url=aws.url)
    with pytest.raises(ClientError) as refused:
        getattr(client, operation)()
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"


@pytest.mark.parametrize("service", ["dynamodb", "medialive", "ivs"])
def test_a_wrong_secret_is_refused(aws: Sandbox, nobody: boto3.Session, service: str) -> None:
    key = nobody.get_credentials().access_key  # type: ignore[union-attr]
    forger = boto3.Session(key, "guessed", region_name="us-east-1")
    client = forger.client(service, endpoint_url=aws.url)
    with pytest.raises(ClientError, match="signature"):
        getattr(client, "list_tables" if service == "dynamodb" else "list_channels")()


def test_the_status_tells_what_there_is(aws: Sandbox) -> None:
    medialive = aws.session().client("medialive", endpoint_url=aws.url)
    group = medialive.create_input_security_group(WhitelistRules=[{"Cidr": "10.0.0.0/8"}])["SecurityGroup"]["Id"]
    destinations = [{"StreamName": "secret/name"}]
    made = medialive.create_input(Name="in", Type="RTMP_PUSH", InputSecurityGroups=[group], Destinations=destinations)
    with urllib.request.urlopen(f"{aws.url}/_sandbox/status") as answer:
        text = answer.read().decode()
    assert {"Id": made["Input"]["Id"], "Name": "in", "State": "DETACHED", "Type": "RTMP_PUSH"}.items() <= {
        name: value for each in json.loads(text)["inputs"] for name, value in each.items()
    }.items()
    assert "secret" not in text


def test_control_is_json_only(aws: Sandbox) -> None:
    with urllib.request.urlopen(f"{aws.url}/_sandbox/ready") as answer:
        assert json.load(answer) == {"ready": True}
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{aws.url}/_sandbox/events", data=b"{}")
    assert refused.value.code == 400


@pytest.mark.parametrize(("bucket", "state"), [("there-is-one", "ACTIVE"), ("there-is-none", "CREATE_FAILED")])
def test_ivs_looks_for_the_bucket_of_a_recording(aws: Sandbox, bucket: str, state: str) -> None:
    aws.session().client("s3", endpoint_url=aws.url).create_bucket(Bucket="there-is-one")
    ivs = aws.session().client("ivs", endpoint_url=aws.url)
    made = ivs.create_recording_configuration(destinationConfiguration={"s3": {"bucketName": bucket}})
    arn = made["recordingConfiguration"]["arn"]

    def seen() -> bool:
        now: str = ivs.get_recording_configuration(arn=arn)["recordingConfiguration"]["state"]
        assert now in ("CREATING", state)
        return now == state

    assert eventually(seen, state)


def test_too_many_calls_are_refused(aws: Sandbox) -> None:
    once = Config(retries={"total_max_attempts": 1})
    ivs = aws.session().client("ivs", endpoint_url=aws.url, config=once)

    def call_often() -> None:
        for _ in range(100):
            ivs.list_recording_configurations()

    with pytest.raises(ClientError) as refused:
        call_often()
    error = refused.value.response
    assert (error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]) == ("ThrottlingException", 429)


def test_a_batch_of_channels_is_allowed_one_by_one(aws: Sandbox) -> None:
    ivs = aws.session().client("ivs", endpoint_url=aws.url)
    mine, other = (ivs.create_channel(tags={"owner": owner})["channel"]["arn"] for owner in ("me", "you"))
    iam = aws.session().client("iam", endpoint_url=aws.url)
    iam.create_user(UserName="one-channel-viewer")
    allowed = {"StringEquals": {"aws:ResourceTag/owner": "me"}}
    statement = {"Effect": "Allow", "Action": "ivs:BatchGetChannel", "Resource": "*", "Condition": allowed}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="one-channel-viewer", PolicyName="mine", PolicyDocument=policy)
    key = iam.create_access_key(UserName="one-channel-viewer")["AccessKey"]
    session = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name="us-east-1")
    viewer = session.client("ivs", endpoint_url=aws.url)
    assert [each["arn"] for each in viewer.batch_get_channel(arns=[mine])["channels"]] == [mine]
    with pytest.raises(ClientError, match="AccessDenied"):
        viewer.batch_get_channel(arns=[mine, other])
