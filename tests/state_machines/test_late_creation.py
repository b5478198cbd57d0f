"""A function that creates something when its show was cleaned up long ago, and is killed before it can say so."""

from importlib import import_module
from types import SimpleNamespace

import pytest

from tests.state_machines import test_crashes
from tests.state_machines.test_crashes import World
from tests.unit.test_sweep import seen_long_ago
from workflows import sessions

world = test_crashes.world


class Killed(BaseException):
    """The function's process."""


def sweep(*steps: str) -> list[tuple[str, str]]:
    answers = [import_module(f"tasks.sweep_{step}").handler({}, None) for step in steps]
    assert [answer["failed"] for answer in answers] == [[] for _ in steps]
    return [(find["kind"], find["action"]) for answer in answers for find in answer["finds"]]


@pytest.mark.parametrize(
    ("task", "last_look", "creation", "kind"),
    [
        ("create_inputs", "ListInputs", "CreateInput", "input"),
        ("create_output", "ListChannels", "CreateChannel", "output"),
    ],
)
def test_what_it_made_is_found_and_removed_within_two_sweeps(
    world: World, task: str, last_look: str, creation: str, kind: str
) -> None:
    world.start()
    late = {"session_id": "show", "attempt": 1}
    assert world.until("preparing") == "preparing"

    def end() -> None:
        """While the function stands still between its look and its creation, the show is stopped and cleaned up."""
        sessions.end(world.table.session("show"))
        assert world.until("ended", "failed") in ("ended", "failed")
        world.cloud.clock.advance(60)
        assert world.left() == (0, 0, 0)
        world.cloud.after[creation] = die

    def die() -> None:
        raise Killed

    world.cloud.after[last_look] = end
    with pytest.raises(Killed):
        import_module(f"tasks.{task}").handler(late, SimpleNamespace(aws_request_id="late"))
    world.cloud.clock.advance(30)
    assert sum(world.left()) == 1
    assert list(world.table.open_attempts()) == []

    steps = ("channels", "inputs", "outputs")
    assert sweep(*steps) == [(kind, "seen")]
    seen_long_ago(world.table)
    assert sweep(*steps) == [(kind, "cleanup")]
    world.cloud.clock.advance(120)
    assert world.left() == (0, 0, 0)
    assert list(world.table.open_attempts()) == []
    assert sweep(*steps) == []
