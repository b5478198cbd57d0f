"""The product bears what AWS documents neither way: the real machines in virtual time, whichever way it is."""

import pytest

from sandbox import unknowns
from tests.state_machines import test_crashes
from tests.state_machines.test_crashes import World
from workflows import sessions

world = test_crashes.world
ALL = unknowns.NAMES
BUT_ONE = [name for name in ALL if name != "medialive.delete_create_failed"]


class ConnectionClosedError(Exception):
    """A call's answer never came."""


def take(world: World, names: list[str]) -> None:
    world.cloud.medialive.unknowns = unknowns.medialive(names)
    world.cloud.ivs.unknowns = unknowns.ivs(names)
    world.cloud.plane.waits_for_input = world.cloud.medialive.unknowns.waits_for_input


def end(world: World) -> None:
    """Stop the show: nothing is left."""
    sessions.end(world.table.session("show"))
    assert world.until("ended", "failed") == "ended"
    assert_nothing_left(world)


def assert_nothing_left(world: World) -> None:
    world.cloud.clock.advance(60)
    assert world.left() == (0, 0, 0)
    assert list(world.table.open_attempts()) == []


def lose() -> None:
    raise ConnectionClosedError


def test_a_show(world: World) -> None:
    take(world, ALL)
    world.start()
    assert world.until("live", "failed") == "live"
    assert world.left() == (1, 2, 1)
    end(world)


def test_a_show_whose_channel_recovers(world: World) -> None:
    take(world, ["medialive.recovering_event"])
    world.start()
    assert world.until("live", "failed") == "live"
    (channel,) = world.cloud.medialive.channels.values()
    world.cloud.plane.kill(channel.id, "test")
    world.cloud.clock.advance(600)
    assert (channel.state, world.table.session("show").state) == ("RUNNING", "live")
    end(world)


def test_a_show_that_is_live_before_anybody_publishes(world: World) -> None:
    take(world, ["medialive.waits_for_input"])
    world.cloud.plane.publish(False)
    world.start()
    assert world.until("live", "failed") == "live"
    end(world)


@pytest.mark.parametrize("state", ["preparing", "starting"])
def test_a_stop_on_the_way(world: World, state: str) -> None:
    take(world, ALL)
    world.start()
    assert world.until(state, "failed", step=1) == state
    end(world)


@pytest.mark.parametrize("operation", ["CreateInput", "CreateChannel", "StartChannel"])
def test_a_call_whose_answer_is_lost(world: World, operation: str) -> None:
    take(world, ALL)
    world.cloud.after[operation] = lose  # IVS's CreateChannel comes first
    world.start()
    assert world.until("live", "failed") == "live"
    assert operation not in world.cloud.after
    assert world.left()[:2] == (1, 2)
    end(world)


def test_a_channel_whose_answer_is_lost(world: World) -> None:
    take(world, ALL)

    def after_that_of_ivs() -> None:
        world.cloud.after["CreateChannel"] = lose

    world.cloud.after["CreateChannel"] = after_that_of_ivs
    world.start()
    assert world.until("live", "failed") == "live"
    assert world.cloud.after == {}
    assert world.left() == (1, 2, 1)
    end(world)


def test_a_channel_that_cannot_be_made(world: World) -> None:
    take(world, BUT_ONE)
    world.cloud.medialive.may_create = lambda _: False
    world.start()
    assert world.until("failed", "ended", "live") == "failed"
    assert_nothing_left(world)


def test_a_channel_that_can_neither_be_made_nor_deleted_is_not_forgotten(world: World) -> None:
    """Its inputs stay attached: until AWS lets it go, the attempt stays open for the sweeper."""
    take(world, ["medialive.delete_create_failed"])
    world.cloud.medialive.may_create = lambda _: False
    world.start()
    world.cloud.clock.advance(7200)
    assert world.table.session("show").state == "stopping"
    assert [attempt.number for attempt in world.table.open_attempts()] == [1]
    assert world.left()[0] == 1
