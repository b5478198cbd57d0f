"""FallBack: a push source that loses its picture in a live show, in virtual time and once in the real stack."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from showrunner import aws, bus, executions
from showrunner.api import Answer, Call, Caller
from showrunner.session import Fallback, FallbackOrOff, Session, Source
from tests.state_machines import test_crashes
from tests.state_machines.test_crashes import REACTIONS, When, World
from tests.state_machines.test_hold_and_panic import end, seen, told
from tests.state_machines.test_record_button import next_event
from tests.studio import Studio
from workflows import sessions, switching, views
from workflows.requests import SourceWish

crashes = test_crashes.world
SECONDS = 10


class Show:
    """The session 'show' in virtual time, with a host and callers; `warnings` are the events on the bus."""

    def __init__(self, world: World, warnings: list[dict[str, Any]]) -> None:
        self.world = world
        self.warnings = warnings

    def begin(self, fallback: FallbackOrOff) -> None:
        world = self.world
        world.cloud.clock.advance(time.time() - world.cloud.clock.time())  # what is written goes by the real clock
        sources = [Source("host"), Source("callers")]
        session = Session(id="show", owner="ann", profile="360p30", sources=sources, fallback=fallback)
        world.table.create_session(session)
        assert world.table.begin_attempt(session, start=True)
        executions.start_session(world.table.attempt("show", 1))

    def live(self, fallback: FallbackOrOff) -> None:
        self.begin(fallback)
        assert self.world.until("live", "failed") == "live"
        self.world.cloud.clock.advance(5)

    def publish(self, source: str, publishing: bool) -> None:
        self.world.cloud.plane.publish(publishing, self.world.table.attempt("show", 1).inputs[source])

    def passes(self, seconds: float) -> None:
        self.world.cloud.clock.advance(seconds)

    def take(self, source: str) -> Answer[Any]:
        return switching.take(Call(Caller("ann"), SourceWish(source)), "show")

    @property
    def on_air(self) -> str | None:
        """By MediaLive's own word."""
        (channel,) = self.world.cloud.medialive.channels.values()
        return str(channel.pipeline_details["ActiveInputAttachmentName"])

    @property
    def actions(self) -> list[str]:
        """The fallbacks in the channel's schedule."""
        channel_id = str(self.world.table.attempt("show", 1).channel_id)
        listed = aws.medialive().describe_schedule(ChannelId=channel_id)["ScheduleActions"]
        return [each["ActionName"] for each in listed if each["ActionName"].startswith("fallback-")]

    def said(self, *kinds: str) -> list[str]:
        return [entry.text for entry in self.world.table.timeline("show") if entry.kind in kinds]


@pytest.fixture
def show(crashes: World, monkeypatch: pytest.MonkeyPatch) -> Show:
    warnings: list[dict[str, Any]] = []

    def publish(detail_type: str, detail: dict[str, Any]) -> None:
        warnings.append({"detail-type": detail_type} | detail)

    monkeypatch.setattr(bus, "publish", publish)
    return Show(crashes, warnings)


def test_a_lost_picture_gives_way_to_the_slate_and_the_way_back_is_a_call(show: Show) -> None:
    show.live(Fallback(seconds=SECONDS))
    show.publish("host", False)
    show.passes(SECONDS + 1)  # MediaLive alerts after 2 s
    assert show.on_air == "host"
    shown = views.view(*show.world.table.standing("show"))
    assert [(each.source, each.publishing) for each in shown.ingest] == [("host", "no"), ("callers", "unknown")]
    assert [each.kind for each in shown.warnings] == ["no-picture"]
    show.passes(3)
    assert show.on_air == "slate"
    lost = f"No picture from 'host' for {SECONDS} s: 'slate' was asked for"
    assert show.said("no-picture") == [f"No picture from 'host'; in {SECONDS} s the show goes to 'slate'"]
    assert show.said("switch") == [lost]
    (warning,) = show.warnings
    assert warning == {
        "detail-type": "Session Warning",
        "session_id": "show",
        "attempt": 1,
        "warning": "NoPicture",
        "message": lost,
        "lost": "host",
        "fallback": "slate",
    }
    assert views.view(*show.world.table.standing("show")).on_air == "slate"
    show.publish("host", True)
    show.passes(700)
    assert show.on_air == "slate"
    show.take("host")
    show.passes(5)
    assert show.on_air == "host"
    shown = views.view(*show.world.table.standing("show"))
    assert ([each.publishing for each in shown.ingest], shown.warnings) == (["yes", "unknown"], [])
    show.publish("host", False)  # and again
    show.passes(SECONDS + 5)
    assert (show.on_air, len(show.actions), len(show.warnings)) == ("slate", 2, 2)
    assert show.world.table.session("show").state == "live"


def test_a_picture_that_comes_back_in_time_changes_nothing(show: Show) -> None:
    show.live(Fallback(seconds=SECONDS))
    show.publish("host", False)
    show.passes(SECONDS)
    show.publish("host", True)
    show.passes(700)
    assert (show.on_air, show.actions, show.warnings) == ("host", [], [])
    assert show.said("picture") == ["The picture of 'host' came back in time"]


def test_what_a_producer_takes_meanwhile_stays(show: Show) -> None:
    show.live(Fallback(seconds=SECONDS))
    show.publish("host", False)
    show.passes(SECONDS - 2)
    show.take("callers")
    show.passes(700)
    assert (show.on_air, show.actions, show.said("picture")) == ("callers", [], [])


def test_a_source_that_is_being_taken_at_the_moment_is_waited_for(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    show.live(Fallback(seconds=SECONDS))
    show.publish("host", False)
    show.passes(SECONDS)
    monkeypatch.setattr("showrunner.medialive.schedule_switches", lambda *_: None)  # MediaLive has not done it yet
    show.take("callers")
    show.passes(SECONDS)
    assert (show.on_air, show.actions) == ("host", [])
    monkeypatch.setattr("showrunner.switch.CONFIRM_SECONDS", -1)  # and never does: the next look falls back
    show.passes(320)
    assert (show.on_air, len(show.actions)) == ("slate", 1)


def test_the_fallback_is_a_source_and_the_slate_where_that_is_lost_too(show: Show) -> None:
    show.live(Fallback("callers", SECONDS))
    show.publish("host", False)
    show.publish("callers", False)
    show.passes(SECONDS + 3)
    assert show.on_air == "callers"
    show.passes(SECONDS + 3)
    assert show.on_air == "slate"
    assert [warning["fallback"] for warning in show.warnings] == ["callers", "slate"]


def test_switched_off_it_stays(show: Show) -> None:
    show.live("off")
    show.publish("host", False)
    show.passes(700)
    assert (show.on_air, show.actions, show.said("no-picture")) == ("host", [], [])


def test_who_has_not_published_yet_is_awaited(show: Show) -> None:
    show.world.cloud.plane.publish(False)
    show.begin(Fallback(seconds=SECONDS))
    assert show.world.until("waiting_for_input") == "waiting_for_input"
    show.passes(400)
    assert (show.on_air, show.actions, show.said("no-picture")) == ("host", [], [])
    show.world.table.advance("show", 1, "live", "On air")  # as if MediaLive sent on without an input
    show.world.table.mark("show", 1, "live_at")
    show.world.table.remember("show", 1, live_at="2100-01-01T00:00:00.000Z")  # after the alert
    show.passes(700)
    assert (show.on_air, show.actions, show.said("no-picture")) == ("host", [], [])


def test_an_event_that_is_lost_costs_a_look_of_the_session(show: Show) -> None:
    show.live(Fallback(seconds=SECONDS))
    show.world.cloud.react = lambda event: (
        None if event["detail-type"] == "MediaLive Channel Alert" else REACTIONS[event["detail-type"]](event)
    )
    show.publish("host", False)
    show.passes(310 + SECONDS)
    assert (show.on_air, len(show.actions)) == ("slate", 1)


def test_events_that_are_doubled_or_late_make_no_second_switch(show: Show) -> None:
    show.live(Fallback(seconds=SECONDS))
    alerts: list[dict[str, Any]] = []

    def react(event: dict[str, Any]) -> None:
        alerts.extend([event] if event["detail-type"] == "MediaLive Channel Alert" else [])
        REACTIONS[event["detail-type"]](event)
        REACTIONS[event["detail-type"]](event)

    show.world.cloud.react = react
    show.publish("host", False)
    show.passes(SECONDS + 5)
    assert (show.on_air, len(show.actions), len(show.said("no-picture"))) == ("slate", 1, 1)
    show.publish("host", True)
    show.take("host")
    show.passes(5)
    for event in alerts:
        REACTIONS["MediaLive Channel Alert"](event)
    show.passes(700)
    assert (show.on_air, len(show.actions)) == ("host", 1)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_killed_task_is_tried_again(show: Show, when: When) -> None:
    show.world.kill = {("fall_back", call): when for call in (1, 2)}
    show.live(Fallback(seconds=SECONDS))
    show.publish("host", False)
    show.passes(SECONDS + 30)
    assert (show.on_air, len(show.actions)) == ("slate", 1)
    assert {warning["fallback"] for warning in show.warnings} == {"slate"}
    assert show.said("source")[-1].startswith("On air: slate")


def test_a_show_that_ends_meanwhile_is_left_alone(show: Show) -> None:
    show.live(Fallback(seconds=SECONDS))
    show.publish("host", False)
    show.passes(5)
    sessions.end(show.world.table.session("show"))
    assert show.world.until("ended", "failed") == "ended"
    show.passes(60)
    assert (show.warnings, show.world.left()) == ([], (0, 0, 0))


@pytest.fixture
def warned(studio: Studio) -> Iterator[Callable[[], dict[str, Any]]]:
    with next_event(studio, "Session Warning") as next_one:
        yield next_one


def test_in_the_stack_the_rule_the_machine_and_the_policies(
    studio: Studio, warned: Callable[[], dict[str, Any]]
) -> None:
    show = studio.create(fallback={"seconds": 1})
    studio.press(show, "start")
    studio.until(show, "live")
    seen(studio, show, "host")
    (host,) = [each["Id"] for each in studio.inputs(show) if each["Name"].endswith("-host")]
    try:
        studio.control("publishing", publishing=False, input_id=host)
        seen(studio, show, "slate")
        assert warned()["session_id"] == show
    finally:
        studio.control("publishing", publishing=True)
    assert studio.executions(show, "fallback")
    assert [entry["text"] for entry in told(studio, show, "no-picture")] == [
        "No picture from 'host'; in 1 s the show goes to 'slate'"
    ]
    studio.call("POST", f"/sessions/{show}/source", {"source": "host"})
    seen(studio, show, "host")
    end(studio, show)
