"""What goes wrong on air: alerts, and a channel whose only output is lost."""

from typing import Any

import pytest

from sandbox.errors import AwsError
from sandbox.media.plane import SimulatedPlane
from sandbox.medialive.alerts import KEPT
from sandbox.medialive.channel import Channel
from tests import rules
from tests.contract.medialive_requests import switch, tag_action
from tests.unit.sandbox_medialive.conftest import CALLER, World

KIND = "Failed to Create Output File or Socket"


def listed(world: World, channel: Channel, **wanted: Any) -> list[tuple[str, str]]:
    answer = world.medialive.list_alerts({"ChannelId": channel.id, **wanted}, CALLER)
    return [(alert["Message"], alert["State"]) for alert in answer["Alerts"]]


@rules.medialive(
    "An alert is SET and CLEARED, each with an event MediaLive Channel Alert", "user guide, automating with EventBridge"
)
def test_an_alert_is_set_and_cleared_and_each_is_a_new_one(world: World) -> None:
    channel = world.running()
    encoder = world.plane.running[channel.id]
    encoder.alert("store", KIND, "no store")
    encoder.alert("store", KIND, "no store")
    world.clock.advance(10)
    encoder.alert("store", KIND, "no store", is_set=False)
    encoder.alert("store", KIND, "again")
    encoder.alert("codec", "Codec", "no such codec")
    assert listed(world, channel) == [("no store", "CLEARED"), ("again", "SET"), ("no such codec", "SET")]
    assert listed(world, channel, StateFilter="SET") == [("again", "SET"), ("no such codec", "SET")]
    assert listed(world, channel, StateFilter="CLEARED") == [("no store", "CLEARED")]
    told = [each for each in world.told if each["detail-type"] == "MediaLive Channel Alert"]
    assert [(each["alarm_state"], each["message"]) for each in told] == [
        ("SET", "no store"),
        ("CLEARED", "no store"),
        ("SET", "again"),
        ("SET", "no such codec"),
    ]
    assert told[0] == {
        "detail-type": "MediaLive Channel Alert",
        "channel_arn": channel.arn,
        "alarm_state": "SET",
        "alarm_id": f"{channel.id}-1",
        "alert_type": KIND,
        "pipeline": "0",
        "message": "no store",
    }
    assert told[2]["alarm_id"] != told[0]["alarm_id"]


@rules.medialive(
    "The input on air without a picture is an alert, Video Not Detected; of the others nothing is told",
    "programs in public repositories; after how long is not known",
)
def test_a_lost_picture_is_an_alert_of_the_input_on_air_only(world: World) -> None:
    def told() -> list[str]:
        return [each["alarm_state"] for each in world.told if each.get("alert_type") == "Video Not Detected"]

    channel = world.running()
    host, callers = (each["InputId"] for each in channel.request["InputAttachments"])
    names = [each["InputAttachmentName"] for each in channel.request["InputAttachments"]]
    world.plane.publish(False, callers)
    world.clock.advance(60)
    assert told() == []
    world.plane.publish(False, host)
    world.clock.advance(1.9)
    world.plane.publish(True, host)  # back in time
    world.clock.advance(60)
    assert told() == []
    world.plane.publish(False, host)
    world.clock.advance(2)
    assert told() == ["SET"]
    (alert,) = world.medialive.list_alerts({"ChannelId": channel.id, "StateFilter": "SET"}, CALLER)["Alerts"]
    assert (alert["AlertType"], alert["PipelineId"]) == ("Video Not Detected", "0")
    world.plane.publish(True, host)
    world.clock.advance(1)
    assert told() == ["SET", "CLEARED"]
    world.schedule(channel, switch("cut", names[1]))
    world.clock.advance(2)
    assert told() == ["SET", "CLEARED", "SET"]
    world.schedule(channel, switch("back", names[0]))
    world.clock.advance(60)
    assert told() == ["SET", "CLEARED", "SET", "CLEARED"]


def test_a_lost_picture_is_no_alert_of_a_channel_that_is_stopped_meanwhile(world: World) -> None:
    channel = world.running()
    world.plane.publish(False)
    world.clock.advance(1)
    world.stop(channel)
    world.clock.advance(60)
    assert listed(world, channel) == []


def test_alerts_come_in_pages_and_with_their_times(world: World) -> None:
    channel = world.running()
    for number in range(3):
        world.plane.running[channel.id].alert(str(number), KIND, str(number))
    first = world.medialive.list_alerts({"ChannelId": channel.id, "MaxResults": 2}, CALLER)
    rest = world.medialive.list_alerts({"ChannelId": channel.id, "NextToken": first["NextToken"]}, CALLER)
    assert [alert["Message"] for alert in first["Alerts"] + rest["Alerts"]] == ["0", "1", "2"]
    assert rest["Alerts"][0]["SetTimestamp"].timestamp() == world.clock.time()
    with pytest.raises(AwsError, match="stateFilter"):
        world.medialive.list_alerts({"ChannelId": channel.id, "StateFilter": "NEW"}, CALLER)


def test_the_alerts_of_a_stopped_channel_are_cleared(world: World) -> None:
    channel = world.running()
    world.plane.running[channel.id].alert("store", KIND, "no store")
    world.stop(channel)
    world.clock.advance(3)
    assert listed(world, channel) == [("no store", "CLEARED")]


def test_cleared_alerts_are_not_kept_for_ever(world: World) -> None:
    channel = world.running()
    for number in range(KEPT + 5):
        world.plane.running[channel.id].alert("store", KIND, str(number))
        world.plane.running[channel.id].alert("store", KIND, str(number), is_set=False)
    channel.alerts.clear()
    assert [alert.message for alert in channel.alerts.listed("ALL")] == [str(number) for number in range(5, KEPT + 5)]


def lose_output(world: World, request: dict[str, Any]) -> Channel:
    """A running channel whose RTMP output is refused until its retries have ended."""
    settings = request["EncoderSettings"]["OutputGroups"][0]["Outputs"][0]["OutputSettings"]["RtmpOutputSettings"]
    settings["NumRetries"] = 2
    request["Destinations"][0]["Settings"][0]["StreamName"] = "sk_us-east-1_unknown"
    channel = world.create(request)
    world.clock.advance(1)
    world.start(channel)
    world.clock.advance(3.5 + 3 * SimulatedPlane.RECONNECT)
    return channel


@rules.medialive("When the retries of its only output end, a channel stops", "user guide, RTMP connections (2022)")
def test_a_channel_stops_with_its_only_output(world: World) -> None:
    request = world.request()
    del request["EncoderSettings"]["OutputGroups"][1], request["Destinations"][1]
    channel = lose_output(world, request)
    assert channel.state == "STOPPING"
    world.clock.advance(3)
    assert channel.state == "IDLE"
    assert world.names(channel.arn)[-2:] == ["STOPPING", "STOPPED"]


def test_a_channel_that_lost_its_only_output_before_it_ran_stops_when_it_does(world: World) -> None:
    request = world.request()
    del request["EncoderSettings"]["OutputGroups"][1], request["Destinations"][1]
    channel = world.create(request)
    world.clock.advance(1)
    world.start(channel)
    world.clock.advance(2.9)
    plane_start = world.plane.start

    def start(content: Any, inputs: Any, tell: Any) -> Any:
        tell({"event": "output", "output": "", "connected": False, "given_up": True})
        return plane_start(content, inputs, tell)

    world.plane.start = start  # type: ignore[method-assign]
    world.clock.advance(1)
    assert channel.state == "STOPPING"


def test_a_channel_goes_on_with_its_other_outputs(world: World) -> None:
    channel = lose_output(world, world.request())
    assert channel.state == "RUNNING"


def test_what_the_encoder_cannot_do_is_refused_at_once(world: World) -> None:
    world.plane.lacks = lambda *_: "InputLossAction PAUSE_OUTPUT"  # type: ignore[method-assign]
    request = world.request()
    with pytest.raises(AwsError, match="encoder has no InputLossAction PAUSE_OUTPUT") as error:
        world.create(request)
    assert error.value.status == 501
    assert world.medialive.channels == {}


@rules.medialive("Thumbnails show the active input only, while the channel runs", rules.MODEL)
def test_thumbnails_are_of_what_is_on_air_while_the_channel_runs(world: World) -> None:
    channel = world.running()
    wanted = {"ChannelId": channel.id, "PipelineId": "0", "ThumbnailType": "CURRENT_ACTIVE"}
    assert world.medialive.describe_thumbnails(wanted, CALLER) == {
        "ThumbnailDetails": [{"PipelineId": "0", "Thumbnails": []}]
    }
    channel.request["EncoderSettings"]["ThumbnailConfiguration"] = {"State": "DISABLED"}
    assert world.medialive.describe_thumbnails(wanted, CALLER) == {"ThumbnailDetails": []}
    channel.request["EncoderSettings"]["ThumbnailConfiguration"] = {"State": "AUTO"}
    world.plane.picture = b"\xff\xd8jpeg"
    [detail] = world.medialive.describe_thumbnails(wanted, CALLER)["ThumbnailDetails"]
    assert (detail["Thumbnails"][0]["Body"], detail["Thumbnails"][0]["ContentType"]) == ("/9hqcGVn", "image/jpeg")
    other = world.medialive.describe_thumbnails(wanted | {"PipelineId": "1"}, CALLER)
    assert other["ThumbnailDetails"][0]["Thumbnails"] == []
    with pytest.raises(AwsError, match="pipelineId"):
        world.medialive.describe_thumbnails(wanted | {"PipelineId": "2"}, CALLER)
    world.stop(channel)
    with pytest.raises(AwsError) as error:
        world.medialive.describe_thumbnails(wanted, CALLER)
    assert error.value.status == 409


@rules.medialive("DeleteSchedule only while the channel is IDLE", "user guide; which error answers else is not known")
def test_a_schedule_is_deleted_as_a_whole_and_only_of_an_idle_channel(world: World) -> None:
    channel = world.running()
    world.schedule(channel, tag_action("one"))
    with pytest.raises(AwsError, match="must be IDLE"):
        world.medialive.delete_schedule({"ChannelId": channel.id}, CALLER)
    world.stop(channel)
    world.clock.advance(3)
    world.medialive.delete_schedule({"ChannelId": channel.id}, CALLER)
    assert world.medialive.describe_schedule({"ChannelId": channel.id}, CALLER)["ScheduleActions"] == []
