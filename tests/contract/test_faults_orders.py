"""Faults in virtual time: what they strike, when they end, and what MediaLive and IVS make of them."""

import json
from typing import Any

import pytest

from sandbox.accidents import Accidents, FaultyPlane
from sandbox.awsapi import Caller
from sandbox.clock import VirtualClock
from sandbox.errors import AwsError
from sandbox.faults import KINDS, EventOutlet, Fault, Faults, parse_fault
from sandbox.ivs.service import Ivs
from sandbox.media.plane import SimulatedPlane
from sandbox.medialive.service import MediaLive
from tests.contract.medialive_requests import channel_request, input_request

ROOT = Caller("test", "000000000000", "us-east-1")


class Studio:
    """MediaLive with one channel that feeds one IVS channel, all of it subject to faults."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.faults = Faults(self.clock)
        self.published: list[tuple[str, dict[str, Any]]] = []
        self.outlet = EventOutlet(self.clock, self._make, self._publish, self.faults)
        self.ivs = Ivs(self.clock, self.outlet)
        self.simulation = SimulatedPlane(self.clock, self.ivs)
        self.ivs.disconnect = self.simulation.disconnect
        plane = FaultyPlane(self.simulation, self.faults)
        self.medialive = MediaLive(self.clock, self.outlet, plane)
        self.accidents = Accidents(self.clock, self.faults, plane, self.medialive, self.ivs, self.simulation.publish)
        made = self.ivs.create_channel({"name": "show"}, ROOT)
        self.ivs_arn = made["channel"]["arn"]
        self.target = made["channel"]["ingestEndpoint"], made["streamKey"]["value"]
        self.channel_id = self.create_channel("show")
        [self.input_id] = self.medialive.channels[self.channel_id].inputs
        self.clock.advance(5)

    def create_channel(self, name: str) -> str:
        group = self.medialive.create_input_security_group({"WhitelistRules": [{"Cidr": "0.0.0.0/0"}]}, ROOT)
        request = input_request("host", group["SecurityGroup"]["Id"], f"live/{name}")
        input_id = self.medialive.create_input(request, ROOT)["Input"]["Id"]
        content = channel_request([input_id], *self.target, name)
        channel_id: str = self.medialive.create_channel(content, ROOT)["Channel"]["Id"]
        return channel_id

    def _make(self, source: str, kind: str, detail: dict[str, Any], resources: list[str]) -> dict[str, Any]:
        number = str(len(self.outlet.events))
        return {"EventId": number, "DetailType": kind, "Detail": json.dumps(detail)}

    def _publish(self, event: dict[str, Any]) -> None:
        self.published.append((event["DetailType"], json.loads(event["Detail"])))

    def order(self, kind: str, **options: Any) -> Fault:
        return self.faults.order(parse_fault({"kind": kind, **options}))

    def start(self) -> None:
        self.medialive.start_channel({"ChannelId": self.channel_id}, ROOT)
        self.clock.advance(10)

    @property
    def state(self) -> str:
        state: str = self.medialive.describe_channel({"ChannelId": self.channel_id}, ROOT)["State"]
        return state

    @property
    def live(self) -> bool:
        return self.ivs.channels[self.ivs_arn].stream is not None


@pytest.fixture
def studio() -> Studio:
    return Studio()


@pytest.fixture
def faults() -> Faults:
    return Faults(VirtualClock())


def take(faults: Faults, operation: str = "PutItem", names: tuple[str, ...] = ()) -> str | None:
    found = faults.take("request", service="dynamodb", operation=operation, names=names)
    return found.kind if found else None


# What is struck


def test_the_next_so_many_are_hit(faults: Faults) -> None:
    faults.order(Fault("error", service="dynamodb", operation="PutItem", count=2))
    assert [take(faults, "GetItem"), take(faults), take(faults), take(faults)] == [None, "error", "error", None]
    assert len(faults) == 0


def test_a_rate_is_drawn_from_its_seed(faults: Faults) -> None:
    def draws(seed: int | None) -> tuple[list[bool], int | None]:
        fault = faults.order(parse_fault({"kind": "throttle", "rate": 0.3} | ({} if seed is None else {"seed": seed})))
        hit = [take(faults) is not None for _ in range(1000)]
        faults.clear()
        return hit, fault.seed

    first, _ = draws(7)
    assert first == draws(7)[0] != draws(8)[0]
    assert 250 < sum(first) < 350
    drawn, seed = draws(None)
    assert draws(seed)[0] == drawn


def test_a_request_is_hit_when_it_mentions_the_resource(faults: Faults) -> None:
    faults.order(Fault("error", resource="table-1", count=None))
    assert take(faults, names=("/", '{"TableName": "table-1"}')) == "error"
    assert take(faults, names=("/", '{"TableName": "table-2"}')) is None


def test_a_fault_ends_by_itself_or_by_clear() -> None:
    clock = VirtualClock()
    faults = Faults(clock)
    faults.order(Fault("error", count=None, lasts=30))
    other = faults.order(Fault("drop", count=None))
    clock.advance(29)
    assert take(faults) == "error"
    clock.advance(2)
    assert take(faults) == "drop"
    assert faults.clear("fault-99") == 0
    assert faults.clear(other.id) == 1
    assert take(faults) is None


@pytest.mark.parametrize(
    ("order", "says"),
    [
        ({}, "kind is one of error, error_after"),
        ({"kind": "explode"}, "kind is one of"),
        ({"kind": "error", "colour": "red"}, "a fault has no colour"),
        ({"kind": "error", "count": "2"}, "count must be a number"),
        ({"kind": "error", "count": True}, "count must be a number"),
        ({"kind": "error", "count": 0}, "count is at least 1"),
        ({"kind": "error", "rate": 1.5}, "at most 1"),
        ({"kind": "error", "lasts": 0}, "not negative"),
        ({"kind": "latency"}, "latency needs seconds"),
    ],
)
def test_an_order_that_makes_no_sense(order: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_fault(order)


def test_every_kind_says_what_it_does() -> None:
    assert all(parse_fault({"kind": kind, "seconds": 1}).layer == layer for kind, (layer, _) in KINDS.items())
    assert all(text and "\n" not in text for _, text in KINDS.values())


# Events


def test_an_event_out_of_order(studio: Studio) -> None:
    studio.order("reorder", event="MediaLive Channel State Change")
    studio.start()
    states = [detail["state"] for kind, detail in studio.published if kind == "MediaLive Channel State Change"]
    assert states == ["CREATED", "RUNNING", "STARTING"]


def test_an_event_held_back_comes_even_if_no_other_does(studio: Studio) -> None:
    studio.order("reorder", seconds=2)
    studio.outlet("aws.ivs", "last", {}, [])
    assert "last" not in studio.outlet.sent
    studio.clock.advance(2)
    assert studio.outlet.sent["last"] == 1


def test_an_event_with_a_wrong_state(studio: Studio) -> None:
    studio.order("wrong_state", service="medialive", count=2)
    studio.order("wrong_state", service="ivs", event="IVS Stream State Change", state="Stream Failure")
    studio.start()
    states = [detail["state"] for kind, detail in studio.published if "Channel State" in kind]
    assert states == ["CREATED", "RUNNING", "STOPPED"]
    assert next(detail["event_name"] for kind, detail in studio.published if "IVS" in kind) == "Stream Failure"
    assert (studio.state, studio.live) == ("RUNNING", True)


def test_events_of_one_resource(studio: Studio) -> None:
    studio.order("lose", resource=studio.ivs_arn, count=5)
    studio.start()
    assert [kind for kind, _ in studio.published if "IVS" in kind] == []
    assert studio.outlet.sent == {"MediaLive Channel State Change": 3, "MediaLive Channel Input Change": 1}


# Channels


def test_a_channel_whose_creation_fails(studio: Studio) -> None:
    studio.order("create_failed", resource="second")
    made = studio.create_channel("second")
    studio.clock.advance(5)
    assert studio.medialive.describe_channel({"ChannelId": made}, ROOT)["State"] == "CREATE_FAILED"
    assert len(studio.faults) == 0
    with pytest.raises(AwsError, match="CREATE_FAILED"):
        studio.medialive.start_channel({"ChannelId": made}, ROOT)
    studio.medialive.delete_channel({"ChannelId": made}, ROOT)
    studio.clock.advance(5)
    assert studio.state == "IDLE"


def test_a_channel_that_does_not_leave_starting(studio: Studio) -> None:
    studio.order("never_start", resource="show")
    studio.start()
    assert studio.state == "STARTING"
    studio.clock.advance(3600)
    assert (studio.state, studio.live) == ("STARTING", False)
    studio.faults.clear()
    studio.clock.advance(1)
    assert (studio.state, studio.live) == ("RUNNING", True)


def test_a_channel_that_never_started_can_be_stopped(studio: Studio) -> None:
    studio.order("never_start", lasts=60)
    studio.start()
    studio.medialive.stop_channel({"ChannelId": studio.channel_id}, ROOT)
    studio.clock.advance(120)
    assert studio.state == "IDLE"


def test_a_channel_that_stays_recovering(studio: Studio) -> None:
    studio.start()
    studio.order("recover", resource=studio.channel_id, lasts=60)
    assert (studio.state, studio.live) == ("RECOVERING", False)
    studio.clock.advance(50)
    assert (studio.state, studio.live) == ("RECOVERING", False)
    studio.clock.advance(15)
    assert (studio.state, studio.live) == ("RUNNING", True)


def test_a_channel_that_dies_recovers(studio: Studio) -> None:
    studio.start()
    fault = studio.order("die")
    assert (studio.state, fault.hits, len(studio.faults)) == ("RECOVERING", 1, 0)
    studio.clock.advance(10)
    assert (studio.state, studio.live) == ("RUNNING", True)


def test_nothing_that_runs_is_said_so(studio: Studio) -> None:
    for kind in ("die", "recover", "stream_end"):
        with pytest.raises(ValueError, match=r"no .*channel that"):
            studio.order(kind, resource="nothing")
    assert len(studio.faults) == 0


def test_an_input_that_drops_and_returns(studio: Studio) -> None:
    studio.start()
    connected = studio.medialive.channels[studio.channel_id].connected
    assert connected == {"source-0": True}
    studio.order("input_drop", resource=studio.input_id, seconds=20)
    studio.clock.advance(19)
    assert connected == {"source-0": False}
    studio.clock.advance(2)
    assert connected == {"source-0": True}


# Streams


def test_a_stream_that_never_starts(studio: Studio) -> None:
    studio.order("stream_never_starts", resource=studio.ivs_arn)
    studio.start()
    studio.clock.advance(600)
    assert (studio.state, studio.live) == ("RUNNING", False)
    studio.faults.clear()
    assert studio.live


def test_a_stream_that_starves(studio: Studio) -> None:
    studio.order("stream_starve", lasts=30)
    studio.start()
    studio.ivs.stream_measured(studio.ivs_arn, bitrate=1_000_000)
    stream = studio.ivs.channels[studio.ivs_arn].stream
    assert stream is not None
    assert stream.health == "STARVING"
    studio.clock.advance(30)
    assert stream.health == "HEALTHY"
    names = [detail["event_name"] for kind, detail in studio.published if kind == "IVS Stream Health Change"]
    assert names == ["Starvation Start", "Starvation End"]


def test_a_stream_that_ends_comes_back(studio: Studio) -> None:
    studio.start()
    studio.order("stream_end", resource=studio.ivs_arn.rpartition("/")[2])
    assert not studio.live
    studio.clock.advance(5)
    assert studio.live
