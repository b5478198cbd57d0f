"""MediaLive, IVS and a plane without video in virtual time."""

from typing import Any

import pytest

from sandbox.awsapi import Caller
from sandbox.clock import VirtualClock
from sandbox.ivs.service import Ivs
from sandbox.media.plane import SimulatedPlane
from sandbox.medialive.channel import Channel
from sandbox.medialive.service import MediaLive
from sandbox.medialive.unknowns import Unknowns
from tests.contract.medialive_requests import channel_request, input_request

CALLER = Caller("AKIAEXAMPLE", "000000000000", "us-east-1")


class World:
    """One account: its services, its events of states as (seconds since the start, state or event name, resource).

    `told` are the details of the other ones: inputs on air, and alerts.
    """

    def __init__(self, unknowns: Unknowns | None = None) -> None:
        self.clock = VirtualClock()
        self.origin = self.clock.time()
        self.events: list[tuple[float, str, str]] = []
        self.told: list[dict[str, Any]] = []
        self.ivs = Ivs(self.clock, self.emit)
        self.plane = SimulatedPlane(self.clock, self.ivs)
        self.ivs.disconnect = self.plane.disconnect
        self.medialive = MediaLive(self.clock, self.emit, self.plane, unknowns=unknowns)
        group = self.medialive.create_input_security_group({}, CALLER)
        self.group: str = group["SecurityGroup"]["Id"]

    def emit(self, source: str, detail_type: str, detail: dict[str, Any], resources: list[str]) -> None:
        if detail_type in ("MediaLive Channel Input Change", "MediaLive Channel Alert"):
            self.told.append({"detail-type": detail_type} | detail)
            return
        name = detail.get("state") or detail["event_name"]
        self.events.append((round(self.clock.time() - self.origin, 3), name, resources[0]))

    def names(self, arn: str) -> list[str]:
        return [name for _, name, about in self.events if about == arn]

    def input(self, name: str = "host") -> str:
        made = self.medialive.create_input(input_request(name, self.group), CALLER)
        return str(made["Input"]["Id"])

    def output(self) -> dict[str, Any]:
        """An IVS channel with its key."""
        return self.ivs.create_channel({"name": "show"}, CALLER)

    def request(self) -> dict[str, Any]:
        """A CreateChannel with inputs and an output of its own."""
        made = self.output()
        inputs = [self.input("host"), self.input("callers")]
        return channel_request(inputs, made["channel"]["ingestEndpoint"], made["streamKey"]["value"])

    def create(self, request: dict[str, Any] | None = None) -> Channel:
        made = self.medialive.create_channel(request or self.request(), CALLER)
        return self.medialive.channels[made["Channel"]["Id"]]

    def start(self, channel: Channel) -> None:
        self.medialive.start_channel({"ChannelId": channel.id}, CALLER)

    def stop(self, channel: Channel) -> None:
        self.medialive.stop_channel({"ChannelId": channel.id}, CALLER)

    def delete(self, channel: Channel) -> None:
        self.medialive.delete_channel({"ChannelId": channel.id}, CALLER)

    def schedule(self, channel: Channel, *creates: dict[str, Any]) -> None:
        actions = {"ScheduleActions": list(creates)}
        self.medialive.batch_update_schedule({"ChannelId": channel.id, "Creates": actions}, CALLER)

    def running(self) -> Channel:
        """A channel that is RUNNING since just now."""
        channel = self.create()
        self.clock.advance(1)
        self.start(channel)
        self.clock.advance(3)
        assert channel.state == "RUNNING"
        return channel


@pytest.fixture
def world() -> World:
    return World()
