"""Faults in every state of every machine, each in a show of its own: nothing leaks, nothing is lost."""

import time
from collections import Counter
from collections.abc import Callable
from functools import cache

import pytest

from tests.simulation import matrix, stack, tally, truths
from tests.simulation.faults import Case
from tests.simulation.lives import LIVES, Person
from tests.simulation.world import lived

CHUNKS = 24
chosen = cache(matrix.some)


def test_the_shows_go_through_every_state() -> None:
    visited = {state for show in LIVES for state in matrix.faultless(show).states}
    tasks = stack.tasks(stack.definitions())
    assert tasks - visited == set()
    for chosen_cases in (chosen(), matrix.cases()):
        assert tasks - {case.where for case in chosen_cases} == set()
    assert len(chosen()) >= 2000


def test_of_each_kind_of_fault_the_same_part_is_chosen() -> None:
    def of_each(cases: tuple[Case, ...] | list[Case]) -> Counter[tuple[str, bool, bool]]:
        return Counter((case.kind, case.again, case.nth > 1) for case in cases)

    part, whole = of_each(chosen()), of_each(matrix.cases())
    share = len(chosen()) / len(matrix.cases())
    assert all(abs(part[each] - whole[each] * share) <= 1 for each in whole), (part, whole)


def test_a_fault_that_does_not_come_up_and_an_end_that_takes_too_long_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrix, "GOAL", 0.0)
    absent, slow = matrix.live(Case("left_alone", "session/Plan", "s3.PutObject", "denied")).problems
    assert absent == "the fault did not come up"
    assert slow.endswith("minutes until nothing was left")


def test_a_show_of_which_the_table_has_lost_the_session_alone_leaves_nothing() -> None:
    """No cleanup can end it: it removes what it can, and sweeps the rest."""
    with lived(matrix.SEED) as world:
        person = Person(world)
        person.create(record="off")
        person.button("streaming/start")
        assert person.until("live")
        del world.table.partitions["SESSION#show"]["META"]
        began = world.clock.time()
        minutes = (matrix.rest(world) - began) / 60
        assert (truths.problems(world), minutes <= matrix.GOALS["forgotten"]) == ([], True)


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_whatever_fails_a_show_ends_clean(chunk: int, record_property: Callable[[str, object], None]) -> None:
    failed, began = [], time.process_time()
    cases = chosen()[chunk::CHUNKS]
    for case in cases:
        result = matrix.live(case)
        if result.problems:
            failed.append("\n".join([case.id, *result.problems, matrix.replay(case)]))
    record_property(tally.LIVED, (dict(Counter(case.where for case in cases)), time.process_time() - began))
    assert not failed, "\n\n".join(["", *failed])
