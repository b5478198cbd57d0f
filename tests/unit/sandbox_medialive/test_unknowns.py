"""What AWS documents neither way, the other way."""

from typing import Any

import pytest

from sandbox import unknowns
from sandbox.errors import AwsError
from sandbox.ivs.unknowns import Unknowns as IvsUnknowns
from sandbox.medialive.unknowns import Unknowns
from tests import rules
from tests.contract.medialive_requests import input_request
from tests.unit.sandbox_medialive.conftest import CALLER, World


def other(name: str) -> World:
    return World(unknowns.medialive({f"medialive.{name}"}))


def test_a_name_turns_one_thing() -> None:
    assert len(unknowns.NAMES) == len(set(unknowns.NAMES)) == 11
    assert unknowns.medialive({"medialive.recovering_event", "ivs.offline_state"}) == Unknowns(recovering_event=True)
    assert unknowns.ivs({"ivs.offline_state"}) == IvsUnknowns(offline_state=True)
    assert unknowns.medialive([]) == Unknowns()


@rules.medialive("DeleteChannel of a channel whose creation failed is accepted, or refused with 409", rules.UNKNOWN)
@pytest.mark.parametrize("accepted", [True, False])
def test_a_channel_whose_creation_failed(accepted: bool) -> None:
    world = World(Unknowns(delete_create_failed=accepted))
    world.medialive.may_create = lambda _: False
    channel = world.create()
    world.clock.advance(1)
    if accepted:
        world.delete(channel)
        assert channel.state == "DELETING"
        return
    with pytest.raises(AwsError, match="CREATE_FAILED") as error:
        world.delete(channel)
    assert error.value.status == 409


@rules.medialive(
    "A pull input may have one source, or must have two: else 400",
    "API reference, Input: exactly two; others ran with one",
)
@pytest.mark.parametrize(("name", "enough"), [("other", True), ("one_source", False)])
def test_a_pull_input_with_one_source(name: str, enough: bool) -> None:
    world = other(name)
    sources = [{"Url": "s3ssl://music/$urlPath$"}]
    wish = {"Type": "MP4_FILE", "Name": "tracks"}
    made = world.medialive.create_input(wish | {"Sources": sources * 2}, CALLER)["Input"]
    assert len(made["Sources"]) == 2
    if enough:
        world.medialive.create_input(wish | {"Sources": sources}, CALLER)
        return
    with pytest.raises(AwsError, match="exactly two") as error:
        world.medialive.create_input(wish | {"Sources": sources}, CALLER)
    assert error.value.status == 400


@rules.medialive("A channel that goes RECOVERING sends no event, or one of that name", rules.UNKNOWN)
@pytest.mark.parametrize(("name", "told"), [("other", []), ("recovering_event", ["RECOVERING"])])
def test_a_channel_that_recovers(name: str, told: list[str]) -> None:
    world = other(name)
    channel = world.running()
    world.plane.kill(channel.id, "test")
    world.clock.advance(2)
    assert world.names(channel.arn)[2:] == ["RUNNING", *told, "RUNNING"]


@rules.medialive("The first input of a start sends an Input Change event, or none", rules.UNKNOWN)
@pytest.mark.parametrize(("name", "first"), [("other", ["source-0"]), ("first_input_event", [])])
def test_the_first_input(name: str, first: list[str]) -> None:
    world = other(name)
    channel = world.running()
    switch = {"InputSwitchSettings": {"InputAttachmentNameReference": "source-1"}}
    action = {
        "ActionName": "a",
        "ScheduleActionStartSettings": {"ImmediateModeScheduleActionStartSettings": {}},
        "ScheduleActionSettings": switch,
    }
    world.schedule(channel, action)
    world.clock.advance(1)
    assert [each["active_input_attachment_name"] for each in world.told] == [*first, "source-1"]
    assert channel.pipeline_details["ActiveInputAttachmentName"] == "source-1"


@rules.medialive("A RequestId that was used answers what it made to another request too, or 409", rules.UNKNOWN)
@pytest.mark.parametrize("answered", [True, False])
def test_a_request_id_of_another_request(answered: bool) -> None:
    world = World(Unknowns(request_id_for_another=answered))
    first = input_request("a", world.group) | {"RequestId": "r"}
    made = world.medialive.create_input(first, CALLER)
    assert world.medialive.create_input(dict(first), CALLER) == made
    another: dict[str, Any] = first | {"Name": "b"}
    if answered:
        assert world.medialive.create_input(another, CALLER) == made
        return
    with pytest.raises(AwsError, match="requestId") as error:
        world.medialive.create_input(another, CALLER)
    assert error.value.status == 409


@rules.medialive("Nothing is sent to an output before the first input arrives, or at once", rules.UNKNOWN)
@pytest.mark.parametrize(("waits", "live"), [(True, 0), (False, 1)])
def test_an_output_before_the_first_input(waits: bool, live: int) -> None:
    world = World()
    world.plane.waits_for_input = waits
    world.plane.publish(False)
    world.running()
    world.clock.advance(5)
    assert len(world.ivs.list_streams({}, CALLER)["streams"]) == live


def ivs_of(**turned: bool) -> tuple[World, str]:
    world = World()
    world.ivs.unknowns = IvsUnknowns(**turned)
    return world, world.output()["channel"]["arn"]


@rules.ivs("GetStream of a channel that is not live is ChannelNotBroadcasting, or tells of OFFLINE", rules.UNKNOWN)
def test_a_stream_that_is_offline() -> None:
    world, arn = ivs_of(offline_state=True)
    assert world.ivs.get_stream({"channelArn": arn}, CALLER)["stream"]["state"] == "OFFLINE"
    world.ivs.stream_started(arn)
    assert world.ivs.get_stream({"channelArn": arn}, CALLER)["stream"]["state"] == "LIVE"
    world.ivs.stream_ended(arn)
    assert world.ivs.list_streams({}, CALLER)["streams"] == []
    with pytest.raises(AwsError, match="no channel"):
        world.ivs.get_stream({"channelArn": arn[:-1]}, CALLER)


@rules.ivs("viewerCount may be -1", "API reference, Stream")
def test_viewers_that_are_not_counted() -> None:
    world, arn = ivs_of(uncounted_viewers=True)
    world.ivs.stream_started(arn)
    assert world.ivs.get_stream({"channelArn": arn}, CALLER)["stream"]["viewerCount"] == -1
    assert [each["viewerCount"] for each in world.ivs.list_streams({}, CALLER)["streams"]] == [-1]


@rules.ivs("A stream is HEALTHY at first, or UNKNOWN until it has been measured", rules.UNKNOWN)
def test_health_that_is_not_known_yet() -> None:
    world, arn = ivs_of(unknown_health=True)
    world.ivs.stream_started(arn)
    assert world.ivs.get_stream({"channelArn": arn}, CALLER)["stream"]["health"] == "UNKNOWN"
    world.ivs.stream_measured(arn, bitrate=1_000_000)
    assert world.ivs.get_stream({"channelArn": arn}, CALLER)["stream"]["health"] == "HEALTHY"


@rules.ivs("ListChannels shows a new channel at once, or a while later", rules.UNKNOWN)
def test_channels_that_are_not_listed_yet() -> None:
    world, arn = ivs_of(lagging_lists=True)
    assert world.ivs.list_channels({}, CALLER)["channels"] == []
    assert world.ivs.get_channel({"arn": arn}, CALLER)["channel"]["arn"] == arn
    world.clock.advance(1)
    assert [each["arn"] for each in world.ivs.list_channels({}, CALLER)["channels"]] == [arn]
