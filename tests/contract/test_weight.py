"""What the sandbox weighs."""

from benchmarks.sandbox import CHANNELS, ROOM, fill, resident
from sandbox.server import Sandbox


def test_two_hundred_channels_without_video_take_less_than_300_mb() -> None:
    with Sandbox(media=False, stack=False, timings="brief", throttled=False, list_lag=0, quotas=ROOM) as aws:
        fill(aws, CHANNELS)
        weight = resident(aws.pid)
        running = aws.session().client("medialive", endpoint_url=aws.url).get_paginator("list_channels").paginate()
        states = [channel["State"] for page in running for channel in page["Channels"]]
    assert states == ["RUNNING"] * CHANNELS
    assert weight < 300, f"{weight:.0f} MB"
