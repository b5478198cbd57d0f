"""Events that never come, in virtual time: each costs one time-out of a wait, and the show goes on."""

from typing import Any

import pytest

from tests.state_machines import test_crashes
from tests.state_machines.test_crashes import REACTIONS, World
from workflows import sessions

world, virtual_time = test_crashes.world, test_crashes.virtual_time
TIMEOUT = 60.0  # of a wait, but for Live's


def lose(world: World, kinds: set[str]) -> None:
    def react(event: dict[str, Any]) -> None:
        if event["detail-type"] not in kinds:
            REACTIONS[event["detail-type"]](event)

    world.cloud.react = react


def until_live(world: World) -> float:
    """Seconds it took."""
    began = world.cloud.clock.time()
    world.start()
    assert world.until("live", "failed") == "live"
    return world.cloud.clock.time() - began


def test_with_all_events_a_show_is_live_at_once(world: World) -> None:
    assert until_live(world) < TIMEOUT / 2


@pytest.mark.parametrize(
    ("kinds", "timeouts"),
    [
        ({"MediaLive Channel State Change"}, 2),  # the channel is idle, and it runs
        ({"IVS Stream State Change"}, 1),
        (set(REACTIONS), 3),
    ],
)
def test_what_a_lost_event_costs(world: World, kinds: set[str], timeouts: int) -> None:
    lose(world, kinds)
    assert (timeouts - 1) * TIMEOUT < until_live(world) < (timeouts + 0.5) * TIMEOUT
    sessions.end(world.table.session("show"))
    assert world.until("ended", "failed") == "ended"
    world.cloud.clock.advance(TIMEOUT)
    assert world.left() == (0, 0, 0)
    assert list(world.table.open_attempts()) == []


@pytest.mark.usefixtures("virtual_time")
def test_nobody_publishing_ends_it(world: World) -> None:
    world.cloud.plane.publish(False)
    world.start()
    assert world.until("failed", "ended", "live") == "failed"
    session = world.table.session("show")
    assert session.reason == f"Nobody published to 'host' within {session.limits.input_seconds} s."
    world.cloud.clock.advance(TIMEOUT)
    assert world.left() == (0, 0, 0)
