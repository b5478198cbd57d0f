"""An encoder without video: what goes on air when, what follows a file, and when an output gives up."""

from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.clock import VirtualClock
from sandbox.media.plane import SimulatedPlane
from tests.contract.medialive_requests import channel_request, fixed, follow, prepare, switch

Report = dict[str, Any]
FILE = {"Type": "MP4_FILE", "Sources": [{"Url": "s3ssl://music/$urlPath$?versionId=7"}]}
HOST = {"Type": "RTMP_PUSH", "Port": 1, "StreamNames": ["app/instance"]}


class Deaf:
    """An IVS that takes the streams of the endpoints in `takes`."""

    def __init__(self) -> None:
        self.takes: set[str] = set()

    def find_publisher(self, endpoint_host: str, app: str, key: str) -> str:
        if endpoint_host not in self.takes:
            raise ValueError("no such channel")
        return endpoint_host

    def stream_started(self, arn: str) -> None:
        """Nobody asks."""

    def stream_ended(self, arn: str) -> None:
        """Nobody asks."""


class Air:
    """A channel of a host and tracks that runs, and its reports as (seconds since it ran, report)."""

    def __init__(self, end: str = "CONTINUE", retries: int = 10, **start: Any) -> None:
        self.clock = VirtualClock()
        self.origin = self.clock.time()
        self.ivs = Deaf()
        self.plane = SimulatedPlane(self.clock, self.ivs)
        self.plane.lengths = {"s3ssl://music/short.mp4": 10.0}
        self.told: list[tuple[float, Report]] = []
        request = channel_request(["host", "tracks"], "ivs.example", "sk_secret") | {"Id": "1", "Arn": "arn"} | start
        request["InputAttachments"][1]["InputSettings"]["SourceEndBehavior"] = end
        group = request["EncoderSettings"]["OutputGroups"][0]
        group["Outputs"][0]["OutputSettings"]["RtmpOutputSettings"]["NumRetries"] = retries
        self.encoder = self.plane.start(request, {"host": HOST, "tracks": FILE}, self.hear)

    def hear(self, report: Report) -> None:
        self.told.append((round(self.clock.time() - self.origin, 3), report))

    def at(self, seconds: float) -> dict[str, Any]:
        moment = datetime.fromtimestamp(self.origin + seconds, UTC)
        return fixed(moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"))

    def tracks(self, name: str, path: str, start: dict[str, Any] | None = None) -> None:
        self.encoder.schedule(switch(name, "source-1", path, start=start))

    def switched(self) -> list[tuple[float, str | None, str]]:
        """(when, action, what is on air: an attachment, or a file)."""
        return [
            (when, each["action"], each["url"] or each["attachment"])
            for when, each in self.told
            if each["event"] == "switched"
        ]

    def of(self, event: str, *members: str) -> list[tuple[Any, ...]]:
        """(when, members) of the reports of an event."""
        return [(when, *map(each.get, members)) for when, each in self.told if each["event"] == event]


def test_the_first_attachment_is_on_air_first() -> None:
    air = Air()
    air.clock.advance(1)
    assert air.told[0] == (0.0, {"event": "running"})
    assert air.switched() == [(0.0, None, "source-0")]


def test_or_what_the_channel_is_told_to_begin_with() -> None:
    air = Air(StartAttachment="source-1", StartUrlPath=["short.mp4"], StartAction="was")
    air.clock.advance(100)
    assert air.switched() == [(0.0, "was", "s3ssl://music/short.mp4")]
    assert air.of("ended", "action") == [(10.0, "was")]


def test_a_file_lasts_as_long_as_is_said_of_it_and_else_a_minute() -> None:
    air = Air()
    air.tracks("short", "short.mp4")
    air.clock.advance(20)
    air.tracks("other", "other.mp4")
    air.clock.advance(100)
    assert air.of("ended", "action") == [(10.0, "short"), (80.0, "other")]


def test_switching_away_ends_a_file_untold_and_back_begins_it_anew() -> None:
    air = Air()
    air.tracks("one", "short.mp4")
    air.clock.advance(6)
    air.encoder.schedule(switch("host", "source-0"))
    air.clock.advance(20)
    assert air.of("ended", "action") == []
    air.tracks("two", "short.mp4")
    air.clock.advance(9)
    assert air.of("ended", "action") == []
    air.clock.advance(1)
    assert air.of("ended", "action") == [(36.0, "two")]


def test_a_fixed_switch_waits_for_its_time() -> None:
    air = Air()
    air.tracks("later", "short.mp4", air.at(12.5))
    air.clock.advance(60)
    assert air.switched()[1:] == [(12.5, "later", "s3ssl://music/short.mp4")]


def test_a_chain_of_switches_follows_each_file_to_its_end() -> None:
    air = Air()
    air.tracks("one", "short.mp4")
    air.tracks("two", "other.mp4", follow("one"))
    air.encoder.schedule(switch("three", "source-0", start=follow("two")))
    air.clock.advance(200)
    assert air.switched()[1:] == [
        (0.0, "one", "s3ssl://music/short.mp4"),
        (10.0, "two", "s3ssl://music/other.mp4"),
        (70.0, "three", "source-0"),
    ]


def test_a_switch_that_follows_a_file_that_has_ended_takes_place_at_once() -> None:
    air = Air()
    air.tracks("one", "short.mp4")
    air.clock.advance(30)
    air.tracks("two", "other.mp4", follow("one"))
    air.clock.advance(1)
    assert air.switched()[2:] == [(30.0, "two", "s3ssl://music/other.mp4")]


def test_what_follows_another_switch_stays_where_it_is() -> None:
    air = Air()
    air.tracks("one", "short.mp4")
    air.tracks("never", "other.mp4", follow("nobody"))
    air.clock.advance(100)
    assert [action for _, action, _ in air.switched()] == [None, "one"]


def test_a_loop_never_ends() -> None:
    air = Air(end="LOOP")
    air.tracks("one", "short.mp4")
    air.tracks("two", "other.mp4", follow("one"))
    air.clock.advance(1000)
    assert [action for _, action, _ in air.switched()] == [None, "one"]
    assert air.of("ended", "action") == []


@pytest.mark.parametrize("attachment", ["source-1", None])
def test_a_prepare_is_told_and_changes_nothing_on_air(attachment: str | None) -> None:
    air = Air()
    air.clock.advance(5)
    air.encoder.schedule(prepare("ready", attachment))
    air.clock.advance(5)
    assert air.of("prepared", "attachment") == [(5.0, attachment)]
    assert air.switched() == [(0.0, None, "source-0")]


def test_what_is_taken_back_does_not_take_place() -> None:
    air = Air()
    air.tracks("one", "short.mp4")
    air.tracks("two", "other.mp4", follow("one"))
    air.tracks("later", "other.mp4", air.at(30))
    air.clock.advance(5)
    air.encoder.unschedule(["two", "later", "unknown"])
    air.clock.advance(100)
    assert [action for _, action, _ in air.switched()] == [None, "one"]
    air.encoder.unschedule(["one"])  # it has taken place
    assert air.of("ended", "action") == [(10.0, "one")]


def test_whether_the_input_on_air_has_a_picture_is_told() -> None:
    air = Air()
    air.clock.advance(5)
    air.plane.publish(False)
    air.clock.advance(5)
    air.tracks("one", "short.mp4")
    air.tracks("two", "short.mp4", follow("one"))
    air.clock.advance(60)
    air.plane.publish(True)  # it is not on air
    air.encoder.schedule(switch("host", "source-0"))
    air.clock.advance(5)
    assert air.of("picture", "attachment", "there") == [
        (0.0, "source-0", True),
        (5.0, "source-0", False),
        (10.0, "source-1", True),
        (30.0, "source-1", False),
        (70.0, "source-0", True),
    ]


def test_after_its_end_nothing_is_told() -> None:
    air = Air()
    air.tracks("one", "short.mp4")
    air.tracks("later", "other.mp4", air.at(30))
    air.clock.advance(1)
    before = len(air.told)
    stopped: list[bool] = []
    air.encoder.stop(lambda: stopped.append(True))
    assert stopped == []
    air.clock.advance(100)
    assert stopped == [True]
    assert len(air.told) == before


def test_an_output_that_is_refused_gives_up_when_its_retries_have_ended() -> None:
    air = Air(retries=3)
    air.clock.advance(60)
    assert air.of("output", "connected", "given_up") == [
        (SimulatedPlane.CONNECT + 3 * SimulatedPlane.RECONNECT, False, True)
    ]
    air.ivs.takes.add("ivs.example")
    air.clock.advance(60)
    assert air.plane.on_air == {}


def test_an_output_that_is_taken_in_time_stays() -> None:
    air = Air(retries=3)
    air.clock.advance(1)
    air.ivs.takes.add("ivs.example")
    air.clock.advance(60)
    assert air.of("output", "connected", "given_up") == [(1.3, True, False)]
    assert list(air.plane.on_air) == ["ivs.example"]
    air.plane.disconnect("ivs.example")
    air.clock.advance(60)
    assert [connected for _, connected in air.of("output", "connected")] == [True, False, True]


def test_an_alert_is_told_and_a_death_ends_everything() -> None:
    air = Air()
    air.clock.advance(1)
    air.plane.running["1"].alert("a", "Video Not Detected", "message")
    air.plane.running["1"].alert("a", "Video Not Detected", "message", is_set=False)
    air.plane.kill("1", "test")
    assert air.of("alert", "id", "set") == [(1.0, "a", True), (1.0, "a", False)]
    assert air.told[-1] == (1.0, {"event": "died", "reason": "test"})
    air.clock.advance(60)
    assert air.told[-1] == (1.0, {"event": "died", "reason": "test"})
