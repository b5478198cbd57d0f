"""Limits of a minute, which are shorter than the time between two looks of a live show, with all that the stack has."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.simulation import truths
from tests.simulation.theatre import Theatre
from tests.simulation.world import NoFaults, World, lived

Event = dict[str, Any]
MINUTE = 60
CLOSE = 10.0  # seconds
LOOKS = 330.0  # seconds between two of a live show, at most
SLATE: Any = {"source": "slate", "seconds": 5}


class Lost(NoFaults):
    """No event comes of the types, once they are `lost`."""

    def __init__(self) -> None:
        self.lost: set[str] = set()

    def deliver(self, event: Event) -> list[float]:
        return [] if event["detail-type"] in self.lost else [0.0]


def no_picture(world: World) -> None:
    world.plane.publish(False)


def no_stream(world: World) -> None:
    world.ivs.may_start = lambda _: False
    for arn in list(world.plane.on_air):
        world.plane.disconnect(arn)


LOSSES: dict[str, tuple[Callable[[World], None], Any, float]] = {
    "IVS Stream State Change": (no_stream, "off", 0.0),
    "MediaLive Channel Alert": (no_picture, "off", 2.0),  # until the alert
    "MediaLive Channel Input Change": (no_picture, SLATE, 7.0),
}


@pytest.mark.parametrize("heard", [True, False])
@pytest.mark.parametrize("event", LOSSES)
def test_a_limit_of_a_minute_is_kept_and_a_lost_event_costs_one_look(event: str, heard: bool) -> None:
    lose, fallback, later = LOSSES[event]
    plan = Lost()
    with lived(plan=plan, stores=False) as world:
        stage = Theatre(world)
        limits = {"input_seconds": MINUTE, "idle_seconds": MINUTE}
        stage.call("POST", "/sessions", {"id": "show", "record": "off", "limits": limits, "fallback": fallback})
        stage.call("POST", "/sessions/show/streaming/start")
        stage.until("show", "live")
        world.advance(100)
        plan.lost = set() if heard else {event}
        lose(world)
        began = world.clock.time()
        stage.until("show", "stopping", "failed", "ended")
        seconds = world.clock.time() - began
        assert seconds == pytest.approx(MINUTE + later, abs=CLOSE) if heard else seconds <= LOOKS + MINUTE + later
        assert world.until(lambda: world.quiet, 1800)
        assert truths.problems(world) == []
