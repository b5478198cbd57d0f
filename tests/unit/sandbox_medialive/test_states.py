"""The life of a channel: every call in every state, the times, encoders that die, and ten thousand lives."""

import itertools
import random
import time
from typing import Any, get_args

import pytest

from sandbox.errors import AwsError
from sandbox.medialive.channel import Channel
from sandbox.medialive.states import EVENTS, REFUSALS, TRANSITIONS, State
from sandbox.medialive.unknowns import Unknowns
from tests import rules
from tests.unit.sandbox_medialive.conftest import CALLER, World

CALLS = ("start", "stop", "delete")


def put(world: World, start: Any) -> None:
    """Another way to start encoders."""
    world.plane.start = start  # type: ignore[method-assign]


def state(channel: Channel) -> str:
    return channel.state


def bring_to(world: World, wanted: State) -> Channel:
    """A channel in a state, by the ways that the table has."""
    if wanted in ("CREATING", "IDLE"):
        channel = world.create()
        world.clock.advance(0 if wanted == "CREATING" else 1)
    elif wanted == "CREATE_FAILED":
        world.medialive.may_create = lambda _: False
        channel = world.create()
        world.clock.advance(1)
    elif wanted == "STARTING":
        channel = bring_to(world, "IDLE")
        world.start(channel)
    elif wanted in ("RUNNING", "STOPPING", "RECOVERING"):
        channel = world.running()
        if wanted == "STOPPING":
            world.stop(channel)
        elif wanted == "RECOVERING":
            world.plane.kill(channel.id, "test")
    else:
        channel = bring_to(world, "IDLE")
        world.delete(channel)
        world.clock.advance(0 if wanted == "DELETING" else 1)
    assert channel.state == wanted
    return channel


@rules.medialive(
    "Start, stop and delete in each state: as the table of states has it, else 409, and 404 when DELETED",
    "API reference; user guide; StopChannel while STARTING and DeleteChannel of CREATE_FAILED are not known",
)
@pytest.mark.parametrize("before", get_args(State))
@pytest.mark.parametrize("call", CALLS)
def test_a_call_is_legal_where_the_table_has_a_row(world: World, before: State, call: str) -> None:
    channel = bring_to(world, before)
    events = len(world.events)
    expected: dict[str, str] = {cause: after for (state, cause), after in TRANSITIONS.items() if state == before}
    if call in expected:
        getattr(world, call)(channel)
        assert channel.state == expected[call]
        return
    with pytest.raises(AwsError) as error:
        getattr(world, call)(channel)
    wanted = ("NotFoundException", 404) if before == "DELETED" else ("ConflictException", 409)
    assert (error.value.code, error.value.status) == wanted
    assert channel.state == before
    assert len(world.events) == events


def test_the_table_is_whole() -> None:
    states = set(get_args(State))
    assert {before for before, _ in TRANSITIONS} == states - {"DELETED"}
    assert set(TRANSITIONS.values()) == states - {"CREATING"}
    assert set(EVENTS) == {cause for _, cause in TRANSITIONS} - {"died", "create_failed"}
    assert set(REFUSALS) == set(CALLS)


def test_states_take_their_time(world: World) -> None:
    channel = world.create()
    world.clock.advance(1.5)
    world.start(channel)
    world.clock.advance(4)
    world.stop(channel)
    world.clock.advance(2.5)
    world.delete(channel)
    world.clock.run()
    assert [(at, name) for at, name, about in world.events if about == channel.arn] == [
        (1.0, "CREATED"),
        (1.5, "STARTING"),
        (4.5, "RUNNING"),
        (5.5, "STOPPING"),
        (7.5, "STOPPED"),
        (8.0, "DELETING"),
        (9.0, "DELETED"),
    ]
    assert world.clock.time() - world.origin == pytest.approx(9.0 + world.medialive.timings.deleted)
    assert channel.id not in world.medialive.channels


def test_a_channel_can_be_started_again(world: World) -> None:
    channel = world.running()
    world.stop(channel)
    world.clock.advance(2)
    world.start(channel)
    world.clock.advance(3)
    assert state(channel) == "RUNNING"
    assert world.names(channel.arn)[-4:] == ["STOPPING", "STOPPED", "STARTING", "RUNNING"]


def test_a_stop_while_starting_leaves_nothing_running(world: World) -> None:
    channel = bring_to(world, "STARTING")
    world.clock.advance(1)
    world.stop(channel)
    world.clock.advance(10)
    assert state(channel) == "IDLE"
    assert world.plane.running == {}
    assert world.names(channel.arn) == ["CREATED", "STARTING", "STOPPING", "STOPPED"]


def test_a_stop_while_starting_may_be_refused_too() -> None:
    world = World(Unknowns(stop_while_starting=False))
    channel = bring_to(world, "STARTING")
    with pytest.raises(AwsError, match="ConflictException"):
        world.stop(channel)
    world.clock.advance(3)
    assert state(channel) == "RUNNING"


def test_an_encoder_that_dies_is_started_again(world: World) -> None:
    channel = world.running()
    world.plane.kill(channel.id, "test")
    assert state(channel) == "RECOVERING"
    assert channel.pipelines_running == 0
    world.clock.advance(2)
    assert state(channel) == "RUNNING"
    assert world.names(channel.arn) == ["CREATED", "STARTING", "RUNNING", "RUNNING"]


def test_a_channel_that_recovers_can_be_stopped_and_does_not_come_back(world: World) -> None:
    channel = bring_to(world, "RECOVERING")
    world.stop(channel)
    world.clock.advance(60)
    assert state(channel) == "IDLE"
    assert world.plane.running == {}


def test_an_encoder_that_dies_at_every_start_keeps_the_channel_starting(world: World) -> None:
    channel = bring_to(world, "STARTING")

    def dying(content: object, inputs: object, report: Any) -> object:
        world.clock.call_later(0.1, lambda: report({"event": "died", "reason": "test"}))
        return object()

    put(world, dying)
    world.clock.advance(30)
    assert state(channel) == "STARTING"
    world.stop(channel)  # while no encoder is there
    world.clock.advance(30)
    assert state(channel) == "IDLE"


def test_a_slow_encoder_keeps_the_channel_from_running_and_from_being_idle(world: World) -> None:
    told: list[dict[str, str]] = []

    class Slow:
        def stop(self, stopped: Any) -> None:
            world.clock.call_later(20, stopped)

        def schedule(self, action: dict[str, str]) -> None:
            told.append(action)

    def slow(content: object, inputs: object, report: Any) -> Slow:
        world.clock.call_later(10, lambda: report({"event": "running"}))
        return Slow()

    put(world, slow)
    channel = bring_to(world, "STARTING")
    world.clock.advance(12.9)
    assert state(channel) == "STARTING"
    world.clock.advance(0.1)
    assert state(channel) == "RUNNING"
    world.stop(channel)
    world.clock.advance(19.9)
    assert state(channel) == "STOPPING"
    world.clock.advance(0.1)
    assert state(channel) == "IDLE"


def test_an_encoder_that_dies_while_stopping_is_stopped(world: World) -> None:
    reports: list[Any] = []

    class Mute:
        def stop(self, stopped: Any) -> None:
            """Never calls back."""

        def schedule(self, action: object) -> None:
            """Never called."""

    def start(content: object, inputs: object, report: Any) -> Mute:
        reports.append(report)
        world.clock.call_later(0, lambda: report({"event": "running"}))
        return Mute()

    put(world, start)
    channel = world.running()
    world.stop(channel)
    world.clock.advance(5)
    assert state(channel) == "STOPPING"
    reports[0]({"event": "died", "reason": "test"})
    assert state(channel) == "IDLE"
    reports[0]({"event": "running"})
    assert state(channel) == "IDLE"


def test_ten_thousand_channels_without_a_socket(world: World) -> None:
    began = time.process_time()
    channels = [world.create() for _ in range(10_000)]
    world.clock.advance(1)
    for channel in channels:
        world.start(channel)
    world.clock.advance(4)
    assert {channel.state for channel in channels} == {"RUNNING"}
    assert len(world.ivs.list_streams({"maxResults": 100_000}, CALLER)["streams"]) == 10_000
    for channel in channels:
        world.stop(channel)
    world.clock.advance(2)
    for channel in channels:
        world.delete(channel)
    world.clock.run()
    assert world.medialive.channels == {}
    assert {each.state for each in world.medialive.inputs.values()} == {"DETACHED"}
    assert time.process_time() - began < 20  # 3 s on an idle core


LEGAL = {
    "CREATED": {"STARTING", "DELETING"},
    "STARTING": {"RUNNING", "STOPPING"},
    "RUNNING": {"STOPPING", "RUNNING"},
    "STOPPING": {"STOPPED"},
    "STOPPED": {"STARTING", "DELETING"},
    "DELETING": {"DELETED"},
    "DELETED": set(),
}


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_called_whenever_the_account_stays_consistent(seed: int) -> None:
    chance = random.Random(seed)
    world = World(Unknowns(stop_while_starting=chance.choice([True, False])))
    channels = [world.create() for _ in range(5)]
    refusals: set[str] = set()
    for _ in range(400):
        channel = chance.choice(channels)
        act = chance.choice([*CALLS, "kill", "disconnect", "publish", "wait"])
        try:
            if act == "kill" and channel.id in world.plane.running:
                world.plane.kill(channel.id, "chance")
            elif act == "disconnect" and world.plane.on_air:
                world.plane.disconnect(next(iter(world.plane.on_air)))
            elif act == "publish":
                world.plane.publish(chance.random() < 0.7, chance.choice(list(world.medialive.inputs)))
            elif act in CALLS and (act != "delete" or chance.random() < 0.1):
                getattr(world, act)(channel)
        except AwsError as error:
            refusals.add(error.code)
        world.clock.advance(chance.random() * 2)
        assert_consistent(world)
    assert refusals <= {"ConflictException", "NotFoundException"}
    for channel in channels:
        names = world.names(channel.arn)
        assert all(after in LEGAL[before] for before, after in itertools.pairwise(names)), names


def assert_consistent(world: World) -> None:
    live = {channel.arn for channel in world.ivs.channels.values() if channel.stream is not None}
    assert live == set(world.plane.on_air)
    for channel in world.medialive.channels.values():
        running = channel.id in world.plane.running
        assert running or channel.state != "RUNNING"
        assert not running or channel.state in ("STARTING", "RUNNING", "RECOVERING")
        attached = {world.medialive.inputs[input_id].state for input_id in channel.inputs}
        assert attached == ({"DETACHED"} if channel.state == "DELETED" else {"ATTACHED"})
