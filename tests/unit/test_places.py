"""How many sessions run at once: the place of each is taken with its start, and free when nothing of it is left."""

from collections.abc import Callable
from typing import Any

import pytest

from showrunner.errors import TooManySessions
from showrunner.session import Session
from showrunner.store import Store
from tests.inprocess import table_in_memory, table_on_moto

Begin = Callable[..., bool]
TABLES = {"moto": table_on_moto, "memory": table_in_memory}


@pytest.fixture(params=list(TABLES))
def table(request: pytest.FixtureRequest, environment: None) -> Any:
    """On moto, and on the simulation's table."""
    with TABLES[request.param]() as store:
        yield store


@pytest.fixture
def begin(table: Store) -> Begin:
    def begin(session_id: str, owner: str = "ann", **most: int) -> bool:
        table.create_session(Session(id=session_id, owner=owner))
        return table.begin_attempt(table.session(session_id), True, **most)

    return begin


def test_no_more_of_an_owner_begin_than_may_run(table: Store, begin: Begin) -> None:
    assert begin("a", most_of_owner=2)
    assert begin("b", most_of_owner=2)
    with pytest.raises(TooManySessions, match="and you may have 2 at once: a, b"):
        begin("c", most_of_owner=2)
    assert (table.session("c").state, table.session("c").attempt) == ("created", 0)
    assert begin("d", owner="ben", most_of_owner=2)
    table.close_attempt("a", 1)
    table.close_attempt("a", 1)  # a cleanup may run twice
    assert table.begin_attempt(table.session("c"), True, most_of_owner=2)
    with pytest.raises(TooManySessions):
        begin("e", most_of_owner=2)


def test_no_more_of_the_stage_begin_and_others_are_not_named(begin: Begin) -> None:
    assert begin("secret", owner="ben", most_of_stage=1)
    with pytest.raises(TooManySessions, match="1 sessions run; here may be 1 at once") as raised:
        begin("a", most_of_stage=1)
    assert "secret" not in raised.value.message


def test_with_none_of_both_any_number_runs(begin: Begin) -> None:
    assert all(begin(f"s{number}") for number in range(12))


def test_the_second_of_two_presses_is_no_session_too_many(table: Store, begin: Begin) -> None:
    before = Session(id="a", owner="ann")
    assert begin("a", most_of_owner=1)
    assert not table.begin_attempt(before, True, most_of_owner=1)


def test_a_session_that_starts_again_takes_one_place(table: Store, begin: Begin) -> None:
    assert begin("a", most_of_owner=1)
    table.advance("a", 1, "stopping", "Stopping")
    table.close_attempt("a", 1)
    assert table.begin_attempt(table.session("a"), True, most_of_owner=1)
    assert table.session("a").attempt == 2
    table.close_attempt("a", 1)  # late
    with pytest.raises(TooManySessions):
        begin("b", most_of_owner=1)
