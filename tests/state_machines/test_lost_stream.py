"""A stream that ends on IVS while the channel runs, and a channel that somebody else stops or deletes; virtual time."""

from typing import Any

import pytest

from showrunner import aws, executions, medialive, stream, waits
from showrunner.session import NO_STREAM, Attempt, Session
from tests.state_machines import test_crashes
from tests.state_machines.test_crashes import REACTIONS, World
from workflows import sessions, views

world = test_crashes.world
LOST = "The stream has ended on IVS while the channel runs; MediaLive tries to connect again"
AGAIN = "IVS has the stream again"


def live(world: World) -> Attempt:
    world.start()
    assert world.until("live", "failed") == "live"
    world.cloud.clock.advance(1)
    return world.table.attempt("show", 1)


def lose(world: World, *names: str) -> None:
    """No reaction to IVS's events of these names."""

    def react(event: dict[str, Any]) -> None:
        if event["detail"].get("event_name") not in names:
            REACTIONS[event["detail-type"]](event)

    world.cloud.react = react


def cut(world: World, comes_back: bool = True) -> None:
    """IVS ends the stream; MediaLive connects again, to no avail unless it `comes_back`."""
    world.cloud.ivs.may_start = lambda _: comes_back
    world.cloud.plane.disconnect(str(world.table.attempt("show", 1).ivs_channel_arn))


def told(world: World) -> list[str]:
    """Without the seconds."""
    return [entry.text.partition(", after")[0] for entry in world.table.timeline("show") if entry.kind == "stream"]


@pytest.mark.parametrize("lost", [(), ("Stream End",), ("Session Ended",)])
def test_a_stream_that_ends_is_told_at_once_also_where_one_of_its_events_is_lost(
    world: World, lost: tuple[str, ...]
) -> None:
    live(world)
    lose(world, *lost)
    cut(world, comes_back=False)
    world.cloud.clock.advance(2)
    assert told(world) == [LOST]
    shown = views.view(*world.table.standing("show"))
    assert (shown.state, shown.message) == ("live", NO_STREAM)
    assert shown.stream_lost_at
    sessions.end(world.table.session("show"))
    assert world.until("ended", "failed") == "ended"
    assert world.left() == (0, 0, 0)
    assert told(world) == [LOST], "the end of a show is no loss"
    assert views.view(*world.table.standing("show")).stream_lost_at is None


def test_a_channel_that_is_stopped_after_a_look_at_it_has_not_lost_its_stream(world: World) -> None:
    attempt = live(world)
    seen = medialive.channel(attempt.channel_id)
    assert seen is not None
    assert seen.state == "RUNNING"
    aws.medialive().stop_channel(ChannelId=str(attempt.channel_id))
    assert stream.notice(attempt, seen) is None
    assert told(world) == []


def test_a_stream_whose_events_are_all_lost_is_missed_by_the_next_look(world: World) -> None:
    live(world)
    lose(world, "Stream End", "Session Ended", "Stream Start")
    cut(world, comes_back=False)
    world.cloud.clock.advance(320)
    assert told(world) == [LOST]
    world.cloud.ivs.may_start = lambda _: True
    world.cloud.ivs.look()
    world.cloud.clock.advance(320)
    assert told(world) == [LOST, AGAIN]


def test_a_stream_that_comes_back_is_told_each_time(world: World) -> None:
    live(world)
    for number in (1, 2):
        cut(world)
        world.cloud.clock.advance(5)
        assert told(world) == [LOST, AGAIN] * number
    assert world.table.session("show").state == "live"
    assert world.table.attempt("show", 1).stream_lost_at is None


def test_a_show_that_nobody_can_see_for_long_ends_by_itself(world: World) -> None:
    """The limit counts real seconds, so it is set to have passed."""
    live(world)
    cut(world, comes_back=False)
    world.cloud.clock.advance(2)
    world.table.remember("show", 1, stream_lost_at="2026-01-01T00:00:00.000Z")
    assert world.until("failed", "ended", step=20) == "failed"
    assert world.table.session("show").reason == "IVS had no stream of the running channel for 1800 s."
    assert world.left() == (0, 0, 0)


def test_a_channel_that_stops_with_its_last_output_is_not_said_to_be_stopped_by_somebody(world: World) -> None:
    attempt = live(world)
    cut(world, comes_back=False)
    world.cloud.clock.advance(2)
    aws.medialive().stop_channel(ChannelId=str(attempt.channel_id))
    assert world.until("failed", "ended") == "failed"
    assert world.table.session("show").reason == waits.STREAM_LOST.cause


@pytest.mark.parametrize(("deleted", "by"), [(False, "stopped"), (True, "deleted")])
def test_a_channel_that_somebody_else_takes_away_ends_its_session_with_that_reason(
    world: World, deleted: bool, by: str
) -> None:
    attempt = live(world)
    if deleted:
        world.cloud.react = lambda _: None  # it is gone before anybody has heard that it stopped
    aws.medialive().stop_channel(ChannelId=str(attempt.channel_id))
    if deleted:
        world.cloud.clock.advance(10)
        aws.medialive().delete_channel(ChannelId=str(attempt.channel_id))
        world.cloud.clock.advance(10)
        lose(world)
    assert world.until("failed", "ended", step=20) == "failed"
    assert world.table.session("show").reason == f"The MediaLive channel was {by} by somebody else."
    assert told(world) == []
    assert world.left() == (0, 0, 0)


def test_a_channel_that_somebody_else_deletes_before_the_start_ends_its_session_at_once(world: World) -> None:
    world.table.create_session(Session(id="show", owner="ann", profile="360p30"))
    assert world.table.begin_attempt(world.table.session("show"), start=False)
    executions.start_session(world.table.attempt("show", 1))
    assert world.until("ready", "failed") == "ready"
    aws.medialive().delete_channel(ChannelId=str(world.table.attempt("show", 1).channel_id))
    world.cloud.clock.advance(10)
    assert world.until("failed", "ended", step=1) == "failed"
    assert world.table.session("show").reason == waits.CHANNEL_GONE.cause
    assert world.left() == (0, 0, 0)


def test_an_output_that_somebody_else_deletes_is_not_told_as_nobodys_publishing(world: World) -> None:
    world.cloud.plane.publish(False)
    world.start()
    assert world.until("waiting_for_input", "failed") == "waiting_for_input"
    aws.ivs().delete_channel(arn=str(world.table.attempt("show", 1).ivs_channel_arn))
    assert world.until("failed", "ended", step=20) == "failed"
    assert world.table.session("show").reason == waits.OUTPUT_GONE.cause
    assert world.left() == (0, 0, 0)
