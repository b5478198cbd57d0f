"""A table that was restored from a backup: it knows less than AWS does, and the next show goes well all the same."""

from copy import deepcopy

from tests.simulation import truths
from tests.simulation.theatre import Theatre
from tests.simulation.world import World, lived


def show(world: World, stage: Theatre) -> int:
    """A show from its start to its end; the number of its attempt."""
    status, said = stage.call("POST", "/sessions/show/streaming/start")
    assert status == 202
    stage.until("show", "live")
    world.advance(20)
    stage.call("POST", "/sessions/show/streaming/stop")
    stage.until("show", "ended")
    assert world.until(lambda: world.quiet, 1800)
    return int(said["attempt"])


def test_a_start_takes_no_name_of_a_start_that_the_table_has_forgotten() -> None:
    with lived() as world:
        stage = Theatre(world)
        stage.call("POST", "/sessions", {"id": "show", "profile": "360p30"})
        assert show(world, stage) == 1
        backup = deepcopy(world.table.partitions)
        assert [show(world, stage), show(world, stage)] == [2, 3]
        world.table.partitions.clear()
        world.table.partitions.update(backup)
        assert show(world, stage) == 4
        status, said = stage.call("GET", "/sessions/show/cost")
        assert (status, [each["attempt"] for each in said["attempts"]]) == (200, [1, 4])
        recordings = stage.call("GET", "/sessions/show/recordings")[1]["recordings"]
        assert [(each["id"], each["state"]) for each in recordings] == [
            ("show-1-1", "published"),
            ("show-4-1", "published"),
        ]
        assert truths.problems(world) == []
