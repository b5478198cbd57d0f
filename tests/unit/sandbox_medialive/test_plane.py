"""The plane without video: a running channel with a publisher goes live on IVS."""

from sandbox.awsapi import Caller
from sandbox.medialive.channel import Channel
from tests.unit.sandbox_medialive.conftest import CALLER, World


def live(world: World) -> list[str]:
    return [stream["channelArn"] for stream in world.ivs.list_streams({}, CALLER)["streams"]]


def target(world: World, channel: Channel) -> str:
    destination = channel.request["Destinations"][0]["Settings"][0]
    host = destination["Url"].split("/")[2].split(":")[0]
    return world.ivs.find_publisher(host, "app", destination["StreamName"])


def test_live_a_moment_after_running(world: World) -> None:
    channel = world.running()
    assert live(world) == []
    world.clock.advance(0.3)
    assert live(world) == [target(world, channel)]
    assert channel.connected == {"source-0": True, "source-1": True}


def test_nothing_is_sent_before_the_first_input_arrives(world: World) -> None:
    world.plane.publish(False)
    channel = world.running()
    world.clock.advance(60)
    assert live(world) == []
    callers, host = channel.request["InputAttachments"][1]["InputId"], channel.request["InputAttachments"][0]["InputId"]
    world.plane.publish(True, callers)  # not the active one
    world.clock.advance(60)
    assert live(world) == []
    assert channel.connected == {"source-1": True}
    world.plane.publish(True, host)
    world.clock.advance(0.3)
    assert live(world) == [target(world, channel)]


def test_a_lost_input_does_not_end_the_stream(world: World) -> None:
    channel = world.running()
    world.clock.advance(1)
    world.plane.publish(False)
    world.clock.advance(60)
    assert live(world) == [target(world, channel)]
    assert channel.connected == {"source-0": False, "source-1": False}


def test_after_stop_stream_the_encoder_comes_back_by_itself(world: World) -> None:
    channel = world.running()
    world.clock.advance(1)
    arn = target(world, channel)
    world.ivs.stop_stream({"channelArn": arn}, CALLER)
    assert live(world) == []
    world.clock.advance(1)
    assert live(world) == [arn]
    began, ended = ["Session Created", "Stream Start"], ["Stream End", "Session Ended"]
    assert world.names(arn) == [*began, *ended, *began]


def test_without_its_key_the_encoder_does_not_come_back_and_gives_up(world: World) -> None:
    channel = world.running()
    world.clock.advance(1)
    arn = target(world, channel)
    key = world.ivs.channels[arn].key
    assert key is not None
    world.ivs.delete_stream_key({"arn": key.arn}, Caller("", "", ""))
    world.ivs.stop_stream({"channelArn": arn}, CALLER)
    world.clock.run()  # NumRetries ends
    assert live(world) == []


def test_two_channels_with_one_key_do_not_share_it(world: World) -> None:
    first = world.running()
    world.clock.advance(1)
    request = world.request() | {"Destinations": first.request["Destinations"]}
    second = world.create(request)
    world.clock.advance(1)
    world.start(second)
    world.clock.advance(5)
    assert len(world.plane.on_air) == 1
    world.stop(first)
    world.clock.advance(1.5)
    assert live(world) == [target(world, second)]
