"""A deployment while shows are live: executions keep the machines that they began with, and rows what they had.

`released/` holds each machine as it was first released, and OLD_ROWS what the rows of the oldest release lacked.
"""

from pathlib import Path
from typing import Any

import pytest

from sandbox.stepfunctions import MachineInfo
from showrunner import aws
from showrunner.session import now
from showrunner.store import store
from tests.simulation import matrix, stack, truths
from tests.simulation.lives import LIVES, Person
from tests.simulation.scenarios import SCENARIOS, TWO
from tests.simulation.theatre import Theatre
from tests.simulation.world import TABLE, World, lived

RELEASED = stack.definitions(Path(__file__).parent / "released")
OLD_ROWS = {
    "RECORDING": "retry_at tries",
    "META": "budget fallback levels privacy slate sound state_at tracklist",
    "ATTEMPT": "archived_at cued extended_dollars extended_seconds extended_wait health hold ivs_type made_at "
    "month_warnings no_picture on_air on_air_action on_air_at on_air_copy on_air_item on_air_position on_air_until "
    "overlays recordings sound spending starving_at stopped_at stream_lost_at switches viewers",
}
NO_ROWS = ("RUNNING", "ACCOUNT")  # there were none of these


def upgrade(world: World) -> None:
    """From now on executions begin with the machines of today."""
    world.machines |= {
        stack.machine_arn(name): MachineInfo(stack.machine_arn(name).split(":")[-1], text, "role")
        for name, text in stack.definitions().items()
    }


def make_old(world: World) -> None:
    """The rows as the release wrote them: it counted no costs."""
    for month in [pk for pk in world.table.partitions if pk.startswith("COSTS#")]:
        del world.table.partitions[month]
    for partition in world.table.partitions.values():
        for sk in NO_ROWS:
            partition.pop(sk, None)
    for item in world.table.items():
        for kind, names in OLD_ROWS.items():
            if item["sk"]["S"].startswith(kind):
                for name in names.split():
                    item.pop(name, None)
        item.get("limits", {"M": {}})["M"].pop("idle_seconds", None)


def test_every_machine_has_a_released_form() -> None:
    assert RELEASED.keys() == stack.definitions().keys()


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_released_machines_run_on_the_tasks_of_today(name: str) -> None:
    with lived(definitions=RELEASED) as world:
        theatre = Theatre(world)
        SCENARIOS[name](theatre, "show")
        theatre.told("show")
        assert truths.problems(world) == []


def test_the_released_machines_run_shows_in_which_something_happens() -> None:
    """All of them, in every state that does something."""
    visited: set[str] = set()
    for show in LIVES:
        with lived(definitions=RELEASED) as world:
            LIVES[show](Person(world))
            matrix.rest(world)
            assert [*truths.problems(world), *world.failures] == [], show
            visited |= world.states()
    assert stack.tasks(RELEASED) - visited == set()


@pytest.mark.parametrize("machine", ["archive", "fallback", "wake", "sweep"])
def test_what_looks_after_a_show_goes_on_across_an_upgrade(machine: str) -> None:
    """The execution stands in the middle of the released machine, and what it starts is of today."""
    show = "without_picture" if machine == "fallback" else "left_alone"
    with lived(definitions=stack.definitions() | {machine: RELEASED[machine]}) as world:

        def look() -> None:
            if world.executions(machine, "RUNNING") and not upgraded:
                upgraded.append(world.clock.time())
                upgrade(world)
            elif not upgraded:
                world.clock.call_later(0.01, look)

        upgraded: list[float] = []
        look()
        LIVES[show](Person(world))
        matrix.rest(world)
        assert upgraded
        assert [*truths.problems(world), *truths.losses(world), *world.failures] == []


def test_a_show_of_the_release_runs_by_the_next_sweep_for_those_who_count() -> None:
    with lived(definitions=RELEASED) as world:
        person = Person(world)
        person.create(limits={"live_seconds": 3600})
        person.button("streaming/start")
        assert person.until("live")
        make_old(world)
        upgrade(world)
        assert store().running("ann") == []
        world.advance(310)
        assert store().running("ann") == ["show-1"]
        person.stop()
        matrix.rest(world)
        assert [*truths.problems(world), *truths.losses(world), *world.failures] == []


@pytest.mark.parametrize("state", ["preparing", "ready", "starting", "live", "stopping"])
def test_a_show_goes_on_across_an_upgrade(state: str) -> None:
    """Its execution is the released one, its cleanup that of today; buttons that came later work at once."""
    with lived(definitions=RELEASED) as world:
        person = Person(world)
        person.create(sources=TWO)
        person.button("streaming/prepare" if state == "ready" else "streaming/start")
        assert person.until("live" if state == "stopping" else state)
        if state == "stopping":
            person.button("streaming/stop")
        make_old(world)
        upgrade(world)
        if state == "ready":
            person.button("streaming/start")
        if state != "stopping":
            assert person.until("live")
            make_old(world)
            try_all_buttons(person)
        person.stop()
        matrix.rest(world)
        assert [*truths.problems(world), *truths.losses(world), *world.failures] == []


def try_all_buttons(person: Person) -> None:
    image = {"pk": "OWNER#ann", "sk": "MEDIA#logo", "id": "logo", "owner": "ann", "kind": "image", "title": ""}
    image |= {"created_at": now(), "state": "ready", "suffix": "png", "width": "64", "height": "64"}
    packed = {name: {"N": value} if name in ("width", "height") else {"S": value} for name, value in image.items()}
    aws.dynamodb().put_item(TableName=TABLE, Item=packed)
    wishes: list[tuple[str, str, Any]] = [
        ("POST", "source", {"source": "callers"}),
        ("PUT", "overlay", {"image": "logo"}),
        ("PUT", "overlay", {}),
        ("PUT", "cue", {"source": "host"}),
        ("PUT", "audio", {"gain_db": 3}),
        ("PUT", "sources/host/audio", {"gain_db": 3}),
        ("POST", "recording/start", {"name": "clip"}),
        ("POST", "panic", {}),
        ("POST", "recording/stop", {"name": "clip"}),
    ]
    for method, path, body in wishes:
        status, said = person.press(method, f"/sessions/show/{path}", body)
        assert status in (200, 202), (path, said)
        person.world.advance(3)
    assert person.attempt()["on_air"] == {"S": "slate"}


def test_what_the_release_wrote_can_be_started_again() -> None:
    """Sessions, attempts and recordings of a table that only the release has written to."""
    with lived(definitions=RELEASED) as world:
        LIVES["evening"](Person(world))
        matrix.rest(world)
        make_old(world)
        upgrade(world)
        person = Person(world)
        person.button("streaming/start")
        assert person.until("live")
        person.stop()
        matrix.rest(world)
        assert truths.problems(world) == []
        assert world.state("show") == "ended"
