"""MediaLive through boto3: waiters, paginators, errors and events as a client meets them."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from tests import rules
from tests.contract.conftest import Cloud
from tests.contract.medialive_requests import fixed, input_request, tag_action
from tests.contract.shapes import assert_known, built, record
from tests.contract.show import WAIT, Show, in_seconds, refused, until

BUILT = {
    "BatchUpdateSchedule",
    "CreateChannel",
    "CreateInput",
    "CreateInputSecurityGroup",
    "CreateTags",
    "DeleteChannel",
    "DeleteInput",
    "DeleteInputSecurityGroup",
    "DeleteSchedule",
    "DeleteTags",
    "DescribeChannel",
    "DescribeInput",
    "DescribeInputSecurityGroup",
    "DescribeSchedule",
    "DescribeThumbnails",
    "ListAlerts",
    "ListChannels",
    "ListInputSecurityGroups",
    "ListInputs",
    "ListTagsForResource",
    "StartChannel",
    "StopChannel",
    "UpdateChannel",
    "UpdateInput",
    "UpdateInputSecurityGroup",
}


@pytest.fixture
def show(cloud: Cloud) -> Show:
    return Show(cloud)


@rules.medialive(
    "Events speak of CREATED and STOPPED where the state is IDLE, else of the channel's states",
    "API reference, waiters; user guide, automating with EventBridge",
)
def test_a_channels_whole_life_by_waiters(show: Show) -> None:
    medialive = show.medialive
    channel = medialive.create_channel(**show.request())["Channel"]
    channel_id = channel["Id"]
    assert channel["State"] == "CREATING"
    assert channel["Arn"] == f"arn:aws:medialive:us-east-1:000000000000:channel:{channel_id}"
    medialive.get_waiter("input_attached").wait(InputId=show.inputs[0], WaiterConfig=WAIT)
    show.wait("channel_created", channel_id)
    assert medialive.start_channel(ChannelId=channel_id)["State"] == "STARTING"
    show.wait("channel_running", channel_id)
    running = medialive.describe_channel(ChannelId=channel_id)
    assert running["PipelinesRunningCount"] == 1
    assert running["PipelineDetails"] == [
        {
            "PipelineId": "0",
            "ActiveInputAttachmentName": "source-0",
            "ActiveInputSwitchActionName": "Initial Channel Input",
        }
    ]
    assert medialive.stop_channel(ChannelId=channel_id)["State"] == "STOPPING"
    show.wait("channel_stopped", channel_id)
    assert medialive.describe_channel(ChannelId=channel_id)["PipelinesRunningCount"] == 0
    assert medialive.delete_channel(ChannelId=channel_id)["State"] == "DELETING"
    show.wait("channel_deleted", channel_id)
    for input_id in show.inputs:
        medialive.get_waiter("input_detached").wait(InputId=input_id, WaiterConfig=WAIT)
        medialive.delete_input(InputId=input_id)
        medialive.get_waiter("input_deleted").wait(InputId=input_id, WaiterConfig=WAIT)
    medialive.delete_input_security_group(InputSecurityGroupId=show.group)
    assert show.cloud.states(channel["Arn"]) == [
        "CREATED",
        "STARTING",
        "RUNNING",
        "STOPPING",
        "STOPPED",
        "DELETING",
        "DELETED",
    ]
    kind, detail, about = next(event for event in show.cloud.events if event[1].get("state") == "RUNNING")
    assert kind == "MediaLive Channel State Change"
    assert about == [channel["Arn"]]
    assert detail == {
        "channel_arn": channel["Arn"],
        "state": "RUNNING",
        "message": "Started channel",
        "pipelines_running_count": 1,
    }


@rules.medialive("DescribeChannel shows an RTMP destination's stream name in clear", rules.MODEL)
def test_the_channel_shows_what_it_was_given_also_the_stream_key(show: Show) -> None:
    channel_id, _ = show.create()
    described = show.medialive.describe_channel(ChannelId=channel_id)
    request = show.request()
    for member in set(request) - {"RequestId"}:
        assert described[member] == request[member], member
    assert described["Destinations"][0]["Settings"][0]["StreamName"] == show.key


def test_running_feeds_ivs_and_stopping_ends_it(show: Show) -> None:
    channel_id, _ = show.run()
    until(lambda: "Stream Start" in show.cloud.happenings(show.ivs_arn))
    assert show.ivs.get_stream(channelArn=show.ivs_arn)["stream"]["state"] == "LIVE"
    show.medialive.stop_channel(ChannelId=channel_id)
    show.wait("channel_stopped", channel_id)
    refused(show.ivs.get_stream, "ChannelNotBroadcasting", 404, channelArn=show.ivs_arn)


@rules.medialive(
    "Each destination of a push input has an address of its own, as long as the input exists",
    "user guide, RTMP push inputs",
)
def test_an_input_has_the_address_to_publish_to(show: Show) -> None:
    described = show.medialive.describe_input(InputId=show.inputs[0])
    [destination] = described["Destinations"]
    assert destination["Ip"] == "127.0.0.1"
    assert destination["Url"] == f"rtmp://127.0.0.1:{destination['Port']}/app/instance"
    other = show.medialive.describe_input(InputId=show.inputs[1])["Destinations"][0]
    assert other["Port"] != destination["Port"]
    assert (described["State"], described["InputClass"], described["Type"]) == (
        "DETACHED",
        "SINGLE_PIPELINE",
        "RTMP_PUSH",
    )
    assert described["SecurityGroups"] == [show.group]


@rules.medialive(
    "A channel is started when IDLE, stopped when it runs, deleted when stopped: else 409",
    "user guide, starting, stopping and deleting channels",
)
@pytest.mark.parametrize(
    ("state", "call"),
    [
        ("CREATING", "start_channel"),
        ("CREATING", "delete_channel"),
        ("IDLE", "stop_channel"),
        ("RUNNING", "start_channel"),
        ("RUNNING", "delete_channel"),
    ],
)
def test_calls_in_the_wrong_state(show: Show, state: str, call: str) -> None:
    if state == "CREATING":
        show.cloud.change_timings(create=60)
        channel_id = show.medialive.create_channel(**show.request())["Channel"]["Id"]
    else:
        channel_id, _ = show.run() if state == "RUNNING" else show.create()
    error = refused(getattr(show.medialive, call), "ConflictException", 409, ChannelId=channel_id)
    assert state in error["Error"]["Message"]


@rules.medialive(
    "DeleteChannel of a channel that runs: 409, 'Cannot delete a channel that has not been stopped yet'",
    "reports of AWS's answers in public issues",
)
def test_delete_says_as_aws_what_is_missing(show: Show) -> None:
    channel_id, _ = show.run()
    error = refused(show.medialive.delete_channel, "ConflictException", 409, ChannelId=channel_id)
    assert "Cannot delete a channel that has not been stopped yet" in error["Error"]["Message"]


@rules.medialive(
    "An input that is attached and a security group that is in use are not deleted: 409",
    "user guide, deleting inputs and security groups",
)
@rules.medialive(
    "An input is attached to one channel: else 409, 'is already attached'", "reports of AWS's answers in public issues"
)
def test_what_is_in_use_stays(show: Show) -> None:
    channel_id, _ = show.create()
    medialive = show.medialive
    refused(medialive.delete_input, "ConflictException", 409, InputId=show.inputs[0])
    error = refused(medialive.delete_input_security_group, "ConflictException", 409, InputSecurityGroupId=show.group)
    assert "still being used by inputs" in error["Error"]["Message"]
    group = medialive.describe_input_security_group(InputSecurityGroupId=show.group)
    assert (group["State"], group["Inputs"]) == ("IN_USE", show.inputs)
    assert medialive.describe_input(InputId=show.inputs[0])["AttachedChannels"] == [channel_id]
    error = refused(medialive.create_channel, "ConflictException", 409, **show.request())
    assert f"inputId={show.inputs[0]} is already attached" in error["Error"]["Message"]
    assert len(medialive.list_channels()["Channels"]) == 1


@rules.medialive("An input is attached once in a channel: else 409", "user guide, input switching")
def test_an_input_twice_in_one_channel(show: Show) -> None:
    show.inputs = [show.inputs[0], show.inputs[0]]
    refused(show.medialive.create_channel, "ConflictException", 409, **show.request())


@rules.medialive(
    "What was deleted is described as DELETED for a time, and neither listed nor usable", "API reference, waiters"
)
def test_what_was_deleted_is_still_described_but_no_longer_there(show: Show) -> None:
    medialive = show.medialive
    channel_id, _ = show.create()
    medialive.delete_channel(ChannelId=channel_id)
    show.wait("channel_deleted", channel_id)
    assert medialive.describe_channel(ChannelId=channel_id)["State"] == "DELETED"
    assert medialive.list_channels()["Channels"] == []
    refused(medialive.start_channel, "NotFoundException", 404, ChannelId=channel_id)
    refused(medialive.delete_channel, "NotFoundException", 404, ChannelId=channel_id)
    medialive.delete_input(InputId=show.inputs[0])
    assert medialive.describe_input(InputId=show.inputs[0])["State"] == "DELETED"
    refused(medialive.delete_input, "NotFoundException", 404, InputId=show.inputs[0])


@rules.medialive("What was deleted is not found after a time: 404", "API reference, waiters")
def test_what_was_deleted_is_not_found_after_a_time(show: Show) -> None:
    medialive = show.medialive
    channel_id, _ = show.create()
    show.cloud.change_timings(deleted=0.05)
    medialive.delete_channel(ChannelId=channel_id)
    until(lambda: channel_id not in show.cloud.medialive.channels)
    refused(medialive.describe_channel, "NotFoundException", 404, ChannelId=channel_id)
    medialive.delete_input(InputId=show.inputs[0])
    until(lambda: show.inputs[0] not in show.cloud.medialive.inputs)
    refused(medialive.describe_input, "NotFoundException", 404, InputId=show.inputs[0])


@rules.medialive("What is not there: 404 NotFoundException", rules.MODEL)
@pytest.mark.parametrize(
    ("call", "params"),
    [
        ("describe_channel", {"ChannelId": "1"}),
        ("start_channel", {"ChannelId": "1"}),
        ("stop_channel", {"ChannelId": "1"}),
        ("delete_channel", {"ChannelId": "1"}),
        ("describe_schedule", {"ChannelId": "1"}),
        ("batch_update_schedule", {"ChannelId": "1", "Deletes": {"ActionNames": ["a"]}}),
        ("describe_input", {"InputId": "1"}),
        ("delete_input", {"InputId": "1"}),
        ("describe_input_security_group", {"InputSecurityGroupId": "1"}),
        ("delete_input_security_group", {"InputSecurityGroupId": "1"}),
        ("list_tags_for_resource", {"ResourceArn": "arn:aws:medialive:us-east-1:000000000000:channel:1"}),
        ("create_tags", {"ResourceArn": "arn:aws:medialive:us-east-1:000000000000:lamp:1", "Tags": {"a": "b"}}),
        ("delete_tags", {"ResourceArn": "arn:aws:s3:::bucket", "TagKeys": ["a"]}),
    ],
)
def test_what_is_not_there(cloud: Cloud, call: str, params: dict[str, Any]) -> None:
    refused(getattr(cloud.client("medialive"), call), "NotFoundException", 404, **params)


@rules.medialive("RequestId makes a creation happen once, as long as what it made exists", rules.MODEL)
def test_a_request_id_makes_the_same_channel_and_input_once(show: Show) -> None:
    request = show.request() | {"RequestId": "show-1"}
    first = show.medialive.create_channel(**request)["Channel"]
    assert show.medialive.create_channel(**request)["Channel"]["Id"] == first["Id"]
    assert len(show.medialive.list_channels()["Channels"]) == 1
    request = input_request("third", show.group) | {"RequestId": "show-1"}  # the channel's id is another's
    third = show.medialive.create_input(**request)["Input"]
    assert show.medialive.create_input(**request)["Input"] == third
    assert len(show.medialive.list_inputs()["Inputs"]) == 3
    show.medialive.delete_input(InputId=third["Id"])
    assert show.medialive.create_input(**request)["Input"]["Id"] != third["Id"]


@rules.medialive(
    "Lists come in pages of MaxResults at most; NextToken leads on, and is 400 if it was not given out", rules.MODEL
)
def test_paginators_lead_through_everything(show: Show) -> None:
    medialive = show.medialive
    for number in range(5):
        medialive.create_input_security_group(WhitelistRules=[{"Cidr": f"10.0.{number}.0/24"}])
        show.input(f"more-{number}")
    channels = []
    for pair in range(3):
        show.inputs = [show.input(f"a-{pair}"), show.input(f"b-{pair}")]
        channels.append(show.create()[0])

    def ids(operation: str, member: str, size: int) -> list[str]:
        pages = list(medialive.get_paginator(operation).paginate(PaginationConfig={"PageSize": size}))
        assert all(len(page[member]) <= size for page in pages)
        assert len(pages) > 1
        return [each["Id"] for page in pages for each in page[member]]

    assert ids("list_channels", "Channels", 2) == channels
    assert ids("list_inputs", "Inputs", 3) == list(show.cloud.medialive.inputs)
    assert ids("list_input_security_groups", "InputSecurityGroups", 4) == list(show.cloud.medialive.security_groups)
    creates = {"ScheduleActions": [tag_action(f"tag-{number}") for number in range(7)]}
    medialive.batch_update_schedule(ChannelId=channels[0], Creates=creates)
    pages = medialive.get_paginator("describe_schedule").paginate(
        ChannelId=channels[0], PaginationConfig={"PageSize": 3}
    )
    actions = [action for page in pages for action in page["ScheduleActions"]]
    assert actions == creates["ScheduleActions"]
    refused(medialive.list_inputs, "BadRequestException", 400, NextToken="somewhere")


@rules.medialive(
    "What the model and the bounds in its shapes' names refuse: 400; the rest of a channel: 422",
    rules.MODEL,
)
@pytest.mark.parametrize(
    ("spoil", "code", "status", "says"),
    [
        (lambda r: r.update(ChannelClass="TRIPLE"), "BadRequestException", 400, "channelClass"),
        (lambda r: r["InputSpecification"].update(Codec="VP9"), "BadRequestException", 400, "codec"),
        (
            lambda r: r["EncoderSettings"]["AudioDescriptions"][0]["RemixSettings"]["ChannelMappings"][0][
                "InputChannelLevels"
            ][0].update(Gain=7),
            "BadRequestException",
            400,
            "less than or equal to 6",
        ),
        (
            lambda r: r["EncoderSettings"]["OutputGroups"][0]["Outputs"][0].update(VideoDescriptionName="other"),
            "UnprocessableEntityException",
            422,
            "encoderSettings.outputGroups[0].outputs[0].videoDescriptionName",
        ),
        (
            lambda r: r["EncoderSettings"]["OutputGroups"][0]["Outputs"][0].update(OutputSettings={}),
            "UnprocessableEntityException",
            422,
            "OutputSettings must contain exactly one property",
        ),
        (
            lambda r: r["InputAttachments"][1].update(InputId="99"),
            "UnprocessableEntityException",
            422,
            "There is no input 99",
        ),
    ],
)
def test_a_channel_that_aws_would_refuse(
    show: Show, spoil: Callable[[dict[str, Any]], object], code: str, status: int, says: str
) -> None:
    request = show.request()
    spoil(request)
    error = refused(show.medialive.create_channel, code, status, **request)
    assert says in error["Error"]["Message"]
    assert show.key not in str(error)
    if status == 422:
        assert {"ElementPath", "ErrorMessage"} == set(error["ValidationErrors"][0])
    assert show.medialive.list_channels()["Channels"] == []
    assert show.medialive.describe_input(InputId=show.inputs[0])["State"] == "DETACHED"


@rules.medialive(
    "A push input has a name, exactly one security group that exists, and one or two destinations APPLICATION/INSTANCE",
    "API reference; user guide, RTMP push inputs",
)
@pytest.mark.parametrize(
    "change",
    [
        {"Type": None},
        {"Name": None},
        {"InputSecurityGroups": None},
        {"InputSecurityGroups": ["99"]},
        {"Destinations": None},
        {"Destinations": [{"StreamName": "a/b"}] * 3},
        {"Destinations": [{"StreamName": "no-instance"}]},
        {"Destinations": [{"StreamName": "a/b/c"}]},
        {"Destinations": [{}]},
        {"Type": "CASSETTE"},
    ],
)
def test_an_input_that_aws_would_refuse(show: Show, change: dict[str, Any]) -> None:
    request = {k: v for k, v in (input_request("x", show.group) | change).items() if v is not None}
    error = refused(show.medialive.create_input, "BadRequestException", 400, **request)
    assert "a/b" not in str(error)
    assert len(show.medialive.list_inputs()["Inputs"]) == 2


@rules.medialive("A security group has at most ten rules, each an IPv4 network", "user guide, input security groups")
@pytest.mark.parametrize(
    "rules", [[{"Cidr": "everywhere"}], [{}], [{"Cidr": "10.0.0.1/8"}], [{"Cidr": "10.0.0.0/8"}] * 11]
)
def test_a_security_group_that_aws_would_refuse(cloud: Cloud, rules: list[dict[str, str]]) -> None:
    medialive = cloud.client("medialive")
    refused(medialive.create_input_security_group, "BadRequestException", 400, WhitelistRules=rules)


@pytest.mark.parametrize(
    ("call", "params", "named"),
    [
        ("list_offerings", {}, "ListOfferings"),
        ("update_channel_class", {"ChannelId": "1", "ChannelClass": "STANDARD"}, "UpdateChannelClass"),
        ("create_input", {"Type": "SRT_CALLER", "Name": "x"}, "SRT_CALLER"),
    ],
)
def test_what_is_not_built_says_so(cloud: Cloud, call: str, params: dict[str, Any], named: str) -> None:
    with pytest.raises(ClientError) as error:
        getattr(cloud.client("medialive"), call)(**params)
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert named in error.value.response["Error"]["Message"]


def test_a_schedule_is_changed_as_a_whole_or_not_at_all(show: Show) -> None:
    channel_id, _ = show.run()
    medialive = show.medialive

    def update(creates: list[dict[str, Any]], deletes: list[str]) -> Any:
        return medialive.batch_update_schedule(
            ChannelId=channel_id, Creates={"ScheduleActions": creates}, Deletes={"ActionNames": deletes}
        )

    later = tag_action("later", fixed(in_seconds(60)))
    answer = update([tag_action("now"), later], [])
    assert answer["Creates"]["ScheduleActions"] == [tag_action("now"), later]
    assert [action["ActionName"] for action in show.cloud.plane.running[channel_id].actions] == ["now"]
    too_soon = tag_action("soon", fixed(in_seconds(5)))
    error = refused(
        medialive.batch_update_schedule,
        "UnprocessableEntityException",
        422,
        ChannelId=channel_id,
        Creates={"ScheduleActions": [tag_action("other"), too_soon]},
        Deletes={"ActionNames": ["later"]},
    )
    [fault] = error["ValidationErrors"]
    assert fault["ElementPath"].startswith("creates.scheduleActions[1].scheduleActionStartSettings")
    assert medialive.describe_schedule(ChannelId=channel_id)["ScheduleActions"] == [tag_action("now"), later]
    answer = update([later], ["later"])  # deletes come before creates
    assert answer["Deletes"]["ScheduleActions"] == [later]
    with pytest.raises(medialive.exceptions.UnprocessableEntityException):
        update([later], [])


def test_an_empty_batch(show: Show) -> None:
    channel_id, _ = show.create()
    refused(show.medialive.batch_update_schedule, "BadRequestException", 400, ChannelId=channel_id)


@rules.medialive("Channels, inputs and security groups have tags", rules.MODEL)
def test_tags(show: Show) -> None:
    _, arn = show.create()
    medialive = show.medialive
    medialive.create_tags(ResourceArn=arn, Tags={"stage": "test", "a b/c": "x=y"})
    assert medialive.list_tags_for_resource(ResourceArn=arn)["Tags"] == {
        "session": "show",
        "stage": "test",
        "a b/c": "x=y",
    }
    medialive.delete_tags(ResourceArn=arn, TagKeys=["session", "a b/c", "unknown"])
    assert medialive.list_channels()["Channels"][0]["Tags"] == {"stage": "test"}
    host = medialive.describe_input(InputId=show.inputs[0])["Arn"]
    medialive.create_tags(ResourceArn=host, Tags={"kind": "host"})
    assert medialive.list_inputs()["Inputs"][0]["Tags"] == {"kind": "host"}


@rules.medialive(
    "A channel whose encoder dies is RECOVERING, and RUNNING again without a call",
    "API reference, ChannelState; what it sends meanwhile is not known",
)
def test_a_dead_encoder_recovers_and_a_running_waiter_sees_it(show: Show) -> None:
    channel_id, arn = show.run()

    def kill() -> str:
        show.cloud.plane.kill(channel_id, "test")
        return show.cloud.medialive.channels[channel_id].state

    assert show.cloud.on_loop(kill) == "RECOVERING"
    show.wait("channel_running", channel_id)
    assert show.cloud.states(arn) == ["CREATED", "STARTING", "RUNNING", "RUNNING"]


def test_a_waiter_times_out_on_a_channel_that_does_not_start(show: Show) -> None:
    channel_id, _ = show.create()
    with pytest.raises(WaiterError):
        show.medialive.get_waiter("channel_running").wait(
            ChannelId=channel_id, WaiterConfig={"Delay": 0.01, "MaxAttempts": 3}
        )


def test_answers_hold_nothing_that_botocore_does_not_know(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = record(monkeypatch, "medialive")
    medialive = show.medialive
    medialive.create_input_security_group(WhitelistRules=[], Tags={"a": "b"})
    show.inputs.append(show.input("third"))
    medialive.delete_input(InputId=show.inputs.pop())
    channel_id, arn = show.run()
    medialive.batch_update_schedule(ChannelId=channel_id, Creates={"ScheduleActions": [tag_action("now")]})
    medialive.describe_schedule(ChannelId=channel_id)
    medialive.create_tags(ResourceArn=arn, Tags={"a": "b"})
    medialive.list_tags_for_resource(ResourceArn=arn)
    medialive.delete_tags(ResourceArn=arn, TagKeys=["a"])
    medialive.list_channels()
    medialive.list_inputs()
    show.cloud.on_loop(lambda: show.cloud.plane.running[channel_id].alert("store", "Failed", "no store"))
    medialive.list_alerts(ChannelId=channel_id)
    show.cloud.on_loop(lambda: setattr(show.cloud.plane, "picture", b"jpeg"))
    medialive.describe_thumbnails(ChannelId=channel_id, PipelineId="0", ThumbnailType="CURRENT_ACTIVE")
    medialive.describe_input(InputId=show.inputs[0])
    for listed in medialive.list_input_security_groups()["InputSecurityGroups"]:
        medialive.describe_input_security_group(InputSecurityGroupId=listed["Id"])
    medialive.update_input_security_group(
        InputSecurityGroupId=listed["Id"], WhitelistRules=[{"Cidr": "203.0.113.0/24"}]
    )
    medialive.delete_input_security_group(InputSecurityGroupId=listed["Id"])
    medialive.stop_channel(ChannelId=channel_id)
    show.wait("channel_stopped", channel_id)
    medialive.update_input(InputId=show.inputs[0], Name="renamed")
    medialive.delete_schedule(ChannelId=channel_id)
    assert medialive.update_channel(ChannelId=channel_id, Name="renamed")["Channel"]["Name"] == "renamed"
    medialive.delete_channel(ChannelId=channel_id)
    assert set(seen) == BUILT
    for operation, response in seen.values():
        assert_known(operation, response)


def test_the_list_of_what_is_built(cloud: Cloud) -> None:
    assert built("medialive", cloud.medialive) == BUILT


@rules.medialive("No call tells whether anybody publishes to an input that is not on air", rules.MODEL)
def test_who_publishes_to_an_input_is_told_nowhere(show: Show) -> None:
    channel_id, _ = show.run()

    def told(publishing: bool) -> list[dict[str, Any]]:
        """All that is said of the channel and of its input that is not on air."""
        show.cloud.on_loop(lambda: show.cloud.plane.publish(publishing, show.inputs[1]))
        connected = show.cloud.on_loop(lambda: dict(show.cloud.medialive.channels[channel_id].connected))
        assert connected["source-1"] is publishing  # the sandbox knows
        answers = [
            show.medialive.describe_channel(ChannelId=channel_id),
            show.medialive.describe_input(InputId=show.inputs[1]),
            show.medialive.list_alerts(ChannelId=channel_id),
        ]
        return [{name: value for name, value in each.items() if name != "ResponseMetadata"} for each in answers]

    assert told(True) == told(False)
