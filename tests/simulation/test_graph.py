"""Proof over the graph: whatever edge is taken, a session comes to its cleanup, and the cleanup to an end, in time."""

import json
from collections.abc import Callable

import pytest

from showrunner.orphans import GRACE_SECONDS
from tests.simulation import graph, stack
from tests.simulation.tally import PROVEN

MACHINES = sorted(stack.definitions())
(EVERY,) = (rule.every for rule in stack.rules() if rule.machine == stack.machine_arn("sweep") and rule.every)
GOAL = 20 * 60.0  # from any crash to nothing left
Record = Callable[[str, object], None]


@pytest.mark.parametrize("machine", MACHINES)
def test_every_task_has_a_time_out_tries_again_and_catches_all(machine: str) -> None:
    faults = {name: state.faults for name, state in graph.states(machine).items() if state.faults}
    assert faults == {}


@pytest.mark.parametrize("machine", MACHINES)
def test_every_state_is_reached_and_every_way_has_an_end(machine: str) -> None:
    found = graph.states(machine)
    reached, todo = set[str](), {graph.start(machine)}
    while todo:
        name = todo.pop()
        reached.add(name)
        todo |= set(found[name].edges.values()) - reached - {graph.END}
    within = {name for name in found if "/" in name}  # the second branch of a Parallel begins with it, too
    assert set(found) - reached - within == set()
    seconds, way = graph.path(found, graph.start(machine), lambda _: 1)
    assert found[way[-1]].kind in ("Succeed", "Fail"), way
    print(f"{machine}: {len(found)} states, the longest way has {seconds:.0f}: {' -> '.join(way)}")


def test_every_way_of_a_session_goes_through_the_cleanup() -> None:
    found = graph.states("session")
    without = [way for name in found if "/" not in name for way in graph.ways(found, name) if before_the_end(way)]
    assert without == []


def before_the_end(way: list[str]) -> bool:
    """Whether a way that began before Cleanup left it out."""
    return way[0] not in ("Cleanup", "Outcome", "Ended", "Failed") and "Cleanup" not in way


def test_every_step_of_a_cleanup_is_tried_whatever_happened_to_the_one_before() -> None:
    """On each way from its start to its end there are all of its tasks, but for a wait for what was not asked for."""
    found = graph.states("cleanup")
    tasks = [name for name, state in found.items() if state.kind == "Task"]
    wait = "WaitChannelDeleted"
    assert (found["DeleteChannel"].edges["next"], found["DeleteChannel"].edges["States.ALL"]) == (wait, "DeleteInputs")
    ways = [[name for name in way if found[name].kind == "Task"] for way in graph.ways(found, graph.start("cleanup"))]
    assert [way for way in ways if way not in (tasks, [name for name in tasks if name != wait])] == []


@pytest.mark.parametrize("machine", MACHINES)
def test_a_machines_own_time_out_cuts_no_way_of_which_each_step_takes_all_its_time(
    machine: str, record_property: Record
) -> None:
    """It is there for what goes wrong all the time; what is left then is the sweeper's."""
    found = graph.states(machine)
    once, _ = graph.path(found, graph.start(machine), one_try)
    longest, _ = graph.path(found, graph.start(machine), lambda state: state.longest)
    limit = graph.limit(machine)
    told = f"{machine}: {longest / 60:.0f} minutes if all fails for as long as it may, cut at {limit / 60:.0f} minutes"
    record_property(PROVEN, told)
    assert once < limit


def test_from_any_crash_to_nothing_left_it_takes_twenty_minutes_at_most(record_property: Record) -> None:
    """A crash that no event told of, and one try of each step of the cleanup, each to its time-out."""
    cleanup, way = graph.path(graph.states("cleanup"), graph.start("cleanup"), one_try)
    print("\n".join(f"{one_try(graph.states('cleanup')[name]):6.0f} s  {name}" for name in way))
    first = graph.start("sweep")
    assert first == "SweepSessions"
    look = one_try(graph.states("sweep")[first])
    # A sweep may come right before the attempt is old enough.
    crash = GRACE_SECONDS + EVERY + look + cleanup
    told = f"grace {GRACE_SECONDS} s, next sweep {EVERY:.0f} s + {look:.0f} s, cleanup {cleanup:.0f} s"
    record_property(PROVEN, f"from a crash that nobody was told of: {told}: {crash / 60:.1f} minutes")
    assert crash <= GOAL


def test_what_a_function_made_behind_a_cleanup_is_gone_after_twenty_minutes_at_most(record_property: Record) -> None:
    """Two sweeps, not in trouble themselves, have to see it; and again one try of each step of the cleanup."""
    assert GRACE_SECONDS < EVERY
    cleanup, _ = graph.path(graph.states("cleanup"), graph.start("cleanup"), one_try)
    orphan = 2 * EVERY + cleanup
    steps, _ = graph.path(graph.states("sweep"), graph.start("sweep"), one_try)
    told = f"two sweeps {2 * EVERY:.0f} s, cleanup {cleanup:.0f} s: {orphan / 60:.1f} minutes; a sweep {steps:.0f} s"
    record_property(PROVEN, f"from what was made behind a cleanup: {told}")
    assert orphan <= GOAL


def one_try(state: graph.State) -> float:
    return state.once


def test_the_proof_sees_a_way_that_leaves_the_cleanup_out(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = json.loads(stack.definitions()["session"])
    broken["States"]["StartChannel"]["Catch"][-1]["Next"] = "Failed"
    monkeypatch.setitem(stack.definitions(), "session", json.dumps(broken))
    graph.states.cache_clear()
    try:
        found = graph.states("session")
        assert any(before_the_end(way) for way in graph.ways(found, "StartChannel"))
    finally:
        graph.states.cache_clear()
