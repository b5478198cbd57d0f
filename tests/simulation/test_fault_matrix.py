"""Faults in every state of every machine, each in a show of its own: nothing leaks, nothing is lost."""

import gc
import json
from collections.abc import Iterator

import pytest

from tests.simulation import matrix, stack
from tests.simulation.faults import Case
from tests.simulation.lives import LIVES

CHUNKS = 24  # tests, so that several processes share the cases
SAMPLE = 6  # of the faults that strike again and again one in so many; `make faults` has all


def chosen() -> list[Case]:
    cases = matrix.cases()
    return [case for case in cases if not case.again] + [case for case in cases if case.again][::SAMPLE]


def tasks() -> Iterator[str]:
    """`session/Plan`, ...: every state that does something."""
    for machine, text in stack.definitions().items():
        yield from (f"{machine}/{name}" for name in _tasks(json.loads(text)["States"]))


def _tasks(states: dict[str, dict[str, object]]) -> Iterator[str]:
    for name, state in states.items():
        if state["Type"] == "Task":
            yield name
        for branch in state.get("Branches", []):  # type: ignore[attr-defined]
            yield from _tasks(branch["States"])


@pytest.fixture(autouse=True)
def _garbage() -> Iterator[None]:
    """What some hundred worlds leave is collected at once."""
    gc.disable()
    yield
    gc.enable()
    gc.collect()


def test_the_shows_go_through_every_state() -> None:
    visited = {state for show in LIVES for state in matrix.faultless(show).states}
    assert set(tasks()) - visited == set()
    struck = {case.where for case in chosen()}
    assert set(tasks()) - struck == set()
    assert len(chosen()) >= 2000


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_whatever_fails_a_show_ends_clean(chunk: int) -> None:
    failed = []
    for case in chosen()[chunk::CHUNKS]:
        result = matrix.live(case)
        if result.problems:
            failed.append("\n".join([case.id, *result.problems, matrix.replay(case)]))
    assert not failed, "\n\n".join(["", *failed])
