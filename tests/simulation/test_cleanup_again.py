"""A cleanup that is stopped from outside, or runs out of time, goes on within seconds; and not for ever."""

from collections.abc import Iterator

import pytest

from sandbox.medialive.states import AWS
from showrunner import aws
from tests.simulation import stack, truths
from tests.simulation.theatre import Theatre
from tests.simulation.world import World, lived

SOON = 5.0  # seconds
SWEPT = 1200.0  # seconds, in which the sweeper comes, and a cleanup is done


@pytest.fixture
def world() -> Iterator[World]:
    """A show is being stopped: its cleanup runs."""
    with lived(timings=AWS, stores=False) as world:
        stage = Theatre(world)
        stage.call("POST", "/sessions", {"id": "show", "record": "off"})
        stage.call("POST", "/sessions/show/streaming/start")
        stage.until("show", "live")
        world.advance(20)
        stage.call("POST", "/sessions/show/streaming/stop")
        assert world.until(lambda: world.executions("cleanup", "RUNNING"), 60, 0.1)
        yield world


def cleanups(world: World) -> list[str]:
    return [run.name for run in world.executions("cleanup")]


def abort(world: World) -> None:
    (run,) = world.executions("cleanup", "RUNNING")
    aws.stepfunctions().stop_execution(executionArn=run.arn)
    world.advance(SOON)


def ends(world: World) -> None:
    """Clean, whatever was done to its cleanups."""
    assert world.until(lambda: world.quiet, SWEPT)
    assert world.state("show") == "ended"
    assert truths.problems(world) == []


def test_an_aborted_cleanup_goes_on_at_once(world: World) -> None:
    abort(world)
    assert cleanups(world) == ["show-1-session", "show-1-session-again"]
    ends(world)
    assert len(cleanups(world)) == 2, "no sweep was needed"


def test_a_cleanup_that_is_aborted_again_is_left_to_the_sweeper(world: World) -> None:
    abort(world)
    abort(world)
    assert world.executions("cleanup", "RUNNING") == []
    assert world.until(lambda: world.executions("cleanup", "RUNNING"), SWEPT)
    swept = cleanups(world)[-1]
    assert swept.startswith("show-1-sweep-")
    abort(world)
    assert cleanups(world) == ["show-1-session", "show-1-session-again", swept, f"{swept}-again"]
    ends(world)


def test_a_doubled_event_starts_one_and_none_while_another_runs(world: World) -> None:
    abort(world)
    (told,) = [event for event in world.events if event["detail"].get("status") == "ABORTED"]
    world.deliver(told)
    world.advance(SOON)
    other = told | {"detail": told["detail"] | {"name": "show-1-stop"}}  # as if it had been aborted meanwhile
    world.deliver(other)
    world.advance(SOON)
    assert cleanups(world) == ["show-1-session", "show-1-session-again"]
    ends(world)
    world.deliver(other)  # late: there is nothing to clean any more
    world.advance(SOON)
    assert len(cleanups(world)) == 2


def test_a_cleanup_out_of_time_goes_on_and_a_failed_one_is_the_sweepers(world: World) -> None:
    (run,) = world.executions("cleanup", "RUNNING")
    world.unheard.add(run.arn)
    aws.stepfunctions().stop_execution(executionArn=run.arn)
    world.advance(SOON)
    told = next(event for event in world.events if event["detail"].get("name") == "show-1")
    for status, expected in (("FAILED", 1), ("TIMED_OUT", 2)):
        about = {
            "status": status,
            "name": run.name,
            "stateMachineArn": stack.machine_arn("cleanup"),
            "input": run.input,
        }
        world.deliver(told | {"detail": told["detail"] | about})
        world.advance(SOON)
        assert len(cleanups(world)) == expected
    ends(world)
