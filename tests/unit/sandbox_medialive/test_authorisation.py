"""What a caller must be allowed (service authorization reference): actions, ARNs, condition keys."""

from typing import Any

import pytest
from botocore import xform_name

from sandbox.awsapi import service_model
from tests import rules
from tests.unit.sandbox_medialive.conftest import CALLER, World

MEDIALIVE = "arn:aws:medialive:us-east-1:000000000000"
IVS = "arn:aws:ivs:us-east-1:000000000000"


@rules.medialive(
    "CreateChannel is authorised on the channel and its inputs, and needs CreateTags and PassRole",
    "service authorization reference",
)
def test_making_a_channel_asks_about_the_channel_its_inputs_its_tags_and_its_role(world: World) -> None:
    request = world.request()
    host, callers = (attachment["InputId"] for attachment in request["InputAttachments"])
    world.medialive.create_tags({"ResourceArn": f"{MEDIALIVE}:input:{host}", "Tags": {"stage": "test"}}, CALLER)
    wanted: dict[str, Any] = {"aws:RequestTag/session": "show", "aws:TagKeys": ["session"]}
    assert world.medialive.authorisation("CreateChannel", request) == [
        ("medialive:CreateChannel", f"{MEDIALIVE}:channel:*", wanted),
        ("medialive:CreateChannel", f"{MEDIALIVE}:input:{host}", {**wanted, "aws:ResourceTag/stage": "test"}),
        ("medialive:CreateChannel", f"{MEDIALIVE}:input:{callers}", wanted),
        ("medialive:CreateTags", f"{MEDIALIVE}:channel:*", wanted),
        ("iam:PassRole", request["RoleArn"], {"iam:PassedToService": "medialive.amazonaws.com"}),
    ]


@rules.medialive("CreateInput is authorised on the input and its security group", "service authorization reference")
def test_making_an_input_asks_about_its_security_group_too(world: World) -> None:
    params = {"InputSecurityGroups": [world.group]}
    assert world.medialive.authorisation("CreateInput", params) == [
        ("medialive:CreateInput", f"{MEDIALIVE}:input:*", {}),
        ("medialive:CreateInput", f"{MEDIALIVE}:inputSecurityGroup:{world.group}", {}),
    ]


@rules.medialive(
    "Calls about a channel are authorised on its ARN, with its tags as aws:ResourceTag",
    "service authorization reference",
)
@pytest.mark.parametrize(
    "operation",
    [
        "StartChannel",
        "StopChannel",
        "DeleteChannel",
        "DescribeChannel",
        "BatchUpdateSchedule",
        "DescribeSchedule",
        "DeleteSchedule",
        "DescribeThumbnails",
    ],
)
def test_calls_about_a_channel_are_judged_by_its_arn_and_tags(world: World, operation: str) -> None:
    channel = world.create()
    assert world.medialive.authorisation(operation, {"ChannelId": channel.id}) == [
        (f"medialive:{operation}", channel.arn, {"aws:ResourceTag/session": "show"})
    ]
    assert world.medialive.authorisation(operation, {"ChannelId": "1"}) == [
        (f"medialive:{operation}", f"{MEDIALIVE}:channel:1", {})
    ]


@rules.medialive("Lists are authorised on * only", "service authorization reference")
@pytest.mark.parametrize("operation", ["ListChannels", "ListInputs", "ListInputSecurityGroups", "ListAlerts"])
def test_lists_know_no_resource(world: World, operation: str) -> None:
    assert world.medialive.authorisation(operation, {}) == [(f"medialive:{operation}", "*", {})]


@rules.medialive(
    "CreateTags and DeleteTags are authorised with the tags as aws:RequestTag and aws:TagKeys",
    "service authorization reference",
)
def test_tagging_is_judged_by_the_resource_and_the_tags(world: World) -> None:
    channel = world.create()
    own = {"aws:ResourceTag/session": "show"}
    assert world.medialive.authorisation("CreateTags", {"ResourceArn": channel.arn, "Tags": {"a": "b"}}) == [
        ("medialive:CreateTags", channel.arn, {**own, "aws:RequestTag/a": "b", "aws:TagKeys": ["a"]})
    ]
    assert world.medialive.authorisation("DeleteTags", {"ResourceArn": channel.arn, "TagKeys": ["a"]}) == [
        ("medialive:DeleteTags", channel.arn, {**own, "aws:TagKeys": ["a"]})
    ]


@rules.ivs(
    "CreateChannel, DeleteChannel and ListStreamKeys are authorised on stream-key/* too",
    "service authorization reference",
)
def test_ivs_channel_calls_that_speak_of_stream_keys(world: World) -> None:
    arn = world.ivs.create_channel({"name": "show", "tags": {"stage": "test"}}, CALLER)["channel"]["arn"]
    own, wanted = {"aws:ResourceTag/stage": "test"}, {"aws:RequestTag/a": "b", "aws:TagKeys": ["a"]}
    authorisation = world.ivs.authorisation
    assert authorisation("CreateChannel", {"tags": {"a": "b"}}) == [
        ("ivs:CreateChannel", f"{IVS}:channel/*", wanted),
        ("ivs:CreateChannel", f"{IVS}:stream-key/*", {}),
        ("ivs:TagResource", f"{IVS}:channel/*", wanted),
    ]
    assert authorisation("DeleteChannel", {"arn": arn}) == [
        ("ivs:DeleteChannel", arn, own),
        ("ivs:DeleteChannel", f"{IVS}:stream-key/*", {}),
    ]
    assert authorisation("ListStreamKeys", {"channelArn": arn}) == [
        ("ivs:ListStreamKeys", arn, own),
        ("ivs:ListStreamKeys", f"{IVS}:stream-key/*", {}),
    ]
    assert authorisation("GetStream", {"channelArn": arn}) == [("ivs:GetStream", arn, own)]
    assert authorisation("ListStreams", {}) == [("ivs:ListStreams", f"{IVS}:channel/*", {})]
    assert authorisation("CreateStreamKey", {"channelArn": arn}) == [("ivs:CreateStreamKey", f"{IVS}:stream-key/*", {})]
    key = world.ivs.channels[arn].key
    assert key is not None
    assert authorisation("GetStreamKey", {"arn": key.arn}) == [("ivs:GetStreamKey", key.arn, {})]


@pytest.mark.parametrize("service", ["medialive", "ivs"])
def test_nothing_that_is_built_goes_unasked(world: World, service: str) -> None:
    implementation = getattr(world, service)
    resources = {"ChannelId": "1", "arn": f"{IVS}:channel/x", "channelArn": f"{IVS}:channel/x"}
    for name in service_model(service).operation_names:
        shape = service_model(service).operation_model(name).input_shape
        params = {member: value for member, value in resources.items() if shape and member in shape.members}
        if shape and "InputId" in shape.members:
            params = {"InputId": "1"}
        if shape and "InputSecurityGroupId" in shape.members:
            params = {"InputSecurityGroupId": "1"}
        if shape and {"ResourceArn", "resourceArn"} & set(shape.members):
            params = {"ResourceArn": f"{MEDIALIVE}:channel:1", "resourceArn": f"{IVS}:channel/x"}
        if not hasattr(implementation, xform_name(name)):
            continue
        first = implementation.authorisation(name, params)[0]
        assert first[0] == f"{service}:{name}"
        assert first[1] == "*" or first[1].startswith((MEDIALIVE, IVS))
