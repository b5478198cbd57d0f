"""MediaLive and IVS judge who calls by IAM: users with a policy each, through boto3, in a sandbox of its own."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.server import Sandbox
from tests import rules
from tests.contract.medialive_requests import channel_request, input_request, tag_action

ACCOUNT = "000000000000"
ARN = f"arn:aws:medialive:us-east-1:{ACCOUNT}"
IVS = f"arn:aws:ivs:us-east-1:{ACCOUNT}"
SOURCE = "service authorization reference"
NUMBERS = itertools.count()


def allow(action: str | list[str], resource: str = "*", **condition: Any) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": action, "Resource": resource}
    return statement | ({"Condition": {"StringEquals": condition["equals"]}} if condition else {})


class Account:
    """A running channel of two tagged inputs, made by root, and users who may what their statements say."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.root = sandbox.session()
        self.iam = self.client("iam")
        self.medialive, self.ivs = self.client("medialive"), self.client("ivs")
        trust = {"Version": "2012-10-17", "Statement": []}
        made = self.iam.create_role(RoleName="MediaLive", AssumeRolePolicyDocument=json.dumps(trust))
        self.role: str = made["Role"]["Arn"]
        self.group = self.medialive.create_input_security_group(WhitelistRules=[{"Cidr": "10.0.0.0/8"}])
        self.input = self.new_input("show", Tags={"show": "friday"})
        self.output = self.ivs.create_channel(name="output", tags={"show": "friday"})
        self.channel: str = self.medialive.create_channel(**self.request(self.input, "show"))["Channel"]["Id"]
        other = self.request(self.new_input("other"), "other") | {"Tags": {"show": "monday"}}
        self.other: str = self.medialive.create_channel(**other)["Channel"]["Id"]
        brief = {"Delay": 1, "MaxAttempts": 10}
        for channel_id in (self.channel, self.other):
            self.medialive.get_waiter("channel_created").wait(ChannelId=channel_id, WaiterConfig=brief)

    def client(self, service: str) -> Any:
        return self.root.client(service, endpoint_url=self.sandbox.url)

    def new_input(self, name: str, **more: Any) -> str:
        asked = input_request(name, self.group["SecurityGroup"]["Id"], f"live/{name}")
        return str(self.medialive.create_input(**asked, **more)["Input"]["Id"])

    def request(self, input_id: str, name: str) -> dict[str, Any]:
        channel, key = self.output["channel"], self.output["streamKey"]["value"]
        asked = channel_request([input_id], channel["ingestEndpoint"], key, name)
        return asked | {"RoleArn": self.role, "Tags": {"show": "friday"}}

    def user(self, service: str, *statements: dict[str, Any]) -> Any:
        """A client of a user who may this and nothing else."""
        name = f"user-{next(NUMBERS)}"
        self.iam.create_user(UserName=name)
        policy = {"Version": "2012-10-17", "Statement": list(statements)}
        self.iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=json.dumps(policy))
        key = self.iam.create_access_key(UserName=name)["AccessKey"]
        session = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name="us-east-1")
        return session.client(service, endpoint_url=self.sandbox.url)


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with Sandbox(media=False, stack=False, timings="brief", quotas={"push_inputs": 20, "channels": 20}) as sandbox:
        yield Account(sandbox)


def refused(call: Any, **params: Any) -> None:
    with pytest.raises(ClientError) as error:
        call(**params)
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert error.value.response["Error"]["Code"] == "AccessDeniedException"


@rules.medialive("A call is allowed by its action and its resource's ARN", SOURCE)
def test_an_action_on_one_channel(account: Account) -> None:
    may = account.user("medialive", allow("medialive:DescribeChannel", f"{ARN}:channel:{account.channel}"))
    assert may.describe_channel(ChannelId=account.channel)["Id"] == account.channel
    refused(may.describe_channel, ChannelId=account.other)
    refused(may.start_channel, ChannelId=account.channel)
    assert account.medialive.describe_channel(ChannelId=account.channel)["State"] == "IDLE"


@rules.medialive("A resource's tags are condition keys", SOURCE)
def test_the_tags_of_a_resource(account: Account) -> None:
    tagged = allow(["medialive:Describe*", "medialive:StopChannel"], equals={"aws:ResourceTag/show": "friday"})
    may = account.user("medialive", tagged)
    assert may.describe_channel(ChannelId=account.channel)["Name"] == "show"
    assert may.describe_input(InputId=account.input)["Name"] == "show"
    refused(may.describe_channel, ChannelId=account.other)
    refused(may.stop_channel, ChannelId=account.other)
    refused(may.describe_channel, ChannelId="404")  # what is gone has no tags


@rules.medialive("BatchUpdateSchedule is authorised on the channel", SOURCE)
def test_the_schedule_of_one_channel(account: Account) -> None:
    may = account.user("medialive", allow("medialive:BatchUpdateSchedule", f"{ARN}:channel:{account.channel}"))
    batch = {"Creates": {"ScheduleActions": [tag_action("by a user")]}}
    may.batch_update_schedule(ChannelId=account.channel, **batch)
    refused(may.batch_update_schedule, ChannelId=account.other, **batch)
    refused(may.describe_schedule, ChannelId=account.channel)
    assert account.medialive.describe_schedule(ChannelId=account.other)["ScheduleActions"] == []


@rules.medialive("Lists, of alerts too, are authorised on * only", SOURCE)
@pytest.mark.parametrize(
    ("action", "call", "params"),
    [
        ("ListChannels", "list_channels", {}),
        ("ListInputs", "list_inputs", {}),
        ("ListInputSecurityGroups", "list_input_security_groups", {}),
        ("ListAlerts", "list_alerts", {"ChannelId": "CHANNEL"}),
    ],
)
def test_lists_know_no_resource(account: Account, action: str, call: str, params: dict[str, str]) -> None:
    named = dict.fromkeys(params, account.channel)
    refused(getattr(account.user("medialive", allow(f"medialive:{action}", f"{ARN}:channel:*")), call), **named)
    getattr(account.user("medialive", allow(f"medialive:{action}")), call)(**named)


@rules.medialive("CreateChannel is authorised on the channel and its inputs, and needs CreateTags and PassRole", SOURCE)
@pytest.mark.parametrize(
    "without", ["medialive:CreateChannel", "medialive:CreateTags", "iam:PassRole", "input", "nothing"]
)
def test_what_a_channel_needs_to_be_made(account: Account, without: str) -> None:
    pass_role = allow("iam:PassRole", account.role, equals={"iam:PassedToService": "medialive.amazonaws.com"})
    statements = [
        allow("medialive:CreateChannel", f"{ARN}:channel:*"),
        allow("medialive:CreateTags", f"{ARN}:channel:*"),
        pass_role,
        {**allow("medialive:CreateChannel", f"{ARN}:input:*"), "Sid": "input"},
    ]
    held = [each for each in statements if without not in (each["Action"], each.get("Sid"))]
    may = account.user("medialive", *held)
    asked = account.request(account.new_input(f"for-{without}"), "new")
    before = len(account.medialive.list_channels()["Channels"])
    if without == "nothing":
        made = may.create_channel(**asked)["Channel"]
        account.medialive.get_waiter("channel_created").wait(
            ChannelId=made["Id"], WaiterConfig={"Delay": 1, "MaxAttempts": 10}
        )
        account.medialive.delete_channel(ChannelId=made["Id"])
    else:
        refused(may.create_channel, **asked)
        assert len(account.medialive.list_channels()["Channels"]) == before


@rules.medialive("The tags that a creation asks for are condition keys", SOURCE)
def test_the_tags_of_a_request(account: Account) -> None:
    condition = {"aws:RequestTag/show": "friday"}
    actions = ["medialive:CreateInputSecurityGroup", "medialive:CreateTags"]
    may = account.user("medialive", allow(actions, equals=condition))
    rules_of_group = [{"Cidr": "10.0.0.0/8"}]
    may.create_input_security_group(WhitelistRules=rules_of_group, Tags={"show": "friday"})
    refused(may.create_input_security_group, WhitelistRules=rules_of_group, Tags={"show": "monday"})
    refused(may.create_input_security_group, WhitelistRules=rules_of_group)


@rules.ivs("CreateChannel is authorised on channels and stream keys, and needs TagResource for tags", SOURCE)
@pytest.mark.parametrize("without", ["channel", "key", "ivs:TagResource", "nothing"])
def test_what_an_ivs_channel_needs_to_be_made(account: Account, without: str) -> None:
    statements = [
        {**allow("ivs:CreateChannel", f"{IVS}:channel/*"), "Sid": "channel"},
        {**allow("ivs:CreateChannel", f"{IVS}:stream-key/*"), "Sid": "key"},
        allow("ivs:TagResource"),
    ]
    may = account.user("ivs", *(each for each in statements if without not in (each["Action"], each.get("Sid"))))
    if without == "nothing":
        may.create_channel(name="new", tags={"a": "b"})
    else:
        refused(may.create_channel, name="new", tags={"a": "b"})


@rules.ivs("A call is allowed by its action and its resource's ARN", SOURCE)
def test_an_action_on_one_ivs_channel(account: Account) -> None:
    arn = account.output["channel"]["arn"]
    may = account.user("ivs", allow("ivs:GetChannel", arn))
    assert may.get_channel(arn=arn)["channel"]["name"] == "output"
    refused(may.delete_channel, arn=arn)
    refused(may.get_channel, arn=account.ivs.create_channel(name="another")["channel"]["arn"])
    refused(may.list_channels)
