"""Wake, and what budgets do: a session is warned, and stopped where it is so configured, in virtual time.

An hour of these shows costs 0.9356 dollars: 2 inputs of 0.1404, 2 outputs of 0.2124, IVS 0.2, and 0.03 for what is
stored and for what looks after it. So a dollar lasts for 3844 s.
"""

from typing import Any

import pytest

from showrunner import budget, clock
from showrunner.api import Call, Caller
from showrunner.cost import BILLION
from showrunner.errors import BudgetUsedUp, Conflict, InvalidRequest
from showrunner.session import Attempt, Budget, Session, Share, month_of, seconds_since, span_of
from tests.state_machines import test_guards
from tests.state_machines.test_guards import CLOSE, Guarded
from workflows import sessions, views
from workflows.requests import Nothing, StartWish

show, world, virtual_time = test_guards.show, test_guards.world, test_guards.virtual_time
DOLLAR = 3844.0  # seconds
STOP = Budget(1, stop=True)


@pytest.fixture(autouse=True)
def counted(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, float]]:
    """The metrics that budgets have written."""
    figures: list[dict[str, float]] = []
    monkeypatch.setattr(budget, "count", figures.append)
    return figures


def at(seconds: float) -> Any:
    return pytest.approx(seconds, abs=CLOSE)


def of_stage(monkeypatch: pytest.MonkeyPatch, dollars: int, at_budget: str, whose: str = "STAGE") -> None:
    monkeypatch.setenv(f"SHOWRUNNER_BUDGET_OF_{whose}", str(dollars))
    monkeypatch.setenv("SHOWRUNNER_AT_BUDGET", at_budget)


def another(show: Guarded, spent: float, an_hour: float, owner: str = "ben") -> None:
    """A session that has cost so many dollars in this month, and costs so many in an hour."""
    table = show.world.table
    table.create_session(Session(id="another", owner=owner))
    table.begin_attempt(table.session("another"), start=True)
    month, rate = month_of(clock.now()), round(an_hour * BILLION / 3600)
    passed = (clock.now() - span_of(month)[0]).total_seconds()
    assert table.count(Attempt("another", 1), owner, month, Share(round(spent * BILLION - rate * passed), rate))


def test_a_budget_that_is_to_stop_it_does_so_on_the_minute(show: Guarded, counted: list[dict[str, float]]) -> None:
    show.live(budget=STOP)
    assert show.ends(DOLLAR) == at(DOLLAR)
    assert show.warnings == [
        (at(0.8 * DOLLAR), "BudgetNearlyUsedUp"),
        (at(DOLLAR - 600), "EndsSoon"),
        (at(DOLLAR - 60), "EndsSoon"),
        (at(DOLLAR), "BudgetUsedUp"),
    ]
    near, soon, _, all_used = show.said("budget")
    assert soon.endswith("after 1 dollar, the budget of this start, unless it is raised")
    assert near == "80 % are used of 1 dollar, the budget of this start. At 100 % it stops."
    assert all_used == "All is used of 1 dollar, the budget of this start. It stops."
    assert show.said("limit") == ["Ended after 1 dollar, the budget of this start"]
    assert (show.world.table.session("show").state, counted) == ("ended", [{"BudgetWarnings": 1}] * 2)
    assert show.world.left() == (0, 0, 0)


def test_a_budget_that_only_warns_is_seen_in_the_session(show: Guarded, counted: list[dict[str, float]]) -> None:
    show.live(budget=Budget(1))
    show.passes(1.5 * DOLLAR)
    assert show.warnings == [(at(0.8 * DOLLAR), "BudgetNearlyUsedUp"), (at(DOLLAR), "BudgetUsedUp")]
    session = show.world.table.session("show")
    shown = views.view(session, show.world.table.attempt("show", 1))
    (warning,) = shown.warnings
    assert (warning.kind, warning.message) == ("budget", "All is used of 1 dollar, the budget of this start.")
    assert seconds_since(warning.since) == at(0.5 * DOLLAR)
    assert (session.state, shown.deadlines[1:], len(counted)) == ("live", [], 2)  # but for the longest time
    show.passes(10)
    assert views.view(session, show.world.table.attempt("show", 1)) == shown  # it does not change by the second


def test_a_budget_that_is_raised_lasts_longer_and_warns_again(show: Guarded) -> None:
    show.live(budget=STOP)
    show.passes(0.85 * DOLLAR)
    answer = show.extend(dollars=1)
    assert answer.body["budget_dollars"] == 2
    assert show.ends(2 * DOLLAR) == at(2 * DOLLAR)
    assert [name for _, name in show.warnings].count("BudgetNearlyUsedUp") == 2
    assert show.said("extended") == ["Extended by 1 dollar"]


def test_what_can_not_be_raised(show: Guarded) -> None:
    show.live()
    with pytest.raises(InvalidRequest, match="has no budget; it may cost anything"):
        show.extend(dollars=1)
    sessions.end(show.world.table.session("show"))
    with pytest.raises(Conflict, match="is stopping; a budget can be raised while it runs"):
        show.extend(dollars=1)
    with pytest.raises(Conflict, match="is stopping; a show can be extended while it waits for its input and"):
        show.extend(seconds=60)


def test_who_waits_for_its_first_input_is_stopped_and_has_not_failed(show: Guarded) -> None:
    """Without IVS and what is stored an hour is 0.7056 dollars."""
    show.world.cloud.plane.publish(False)
    show.begin(budget=STOP, input_seconds=7200)
    show.world.until("waiting_for_input")
    show.began = show.world.cloud.clock.time()
    assert show.ends(5099) == at(5099)
    session = show.world.table.session("show")
    assert (session.state, session.reason) == ("ended", None)
    assert show.world.left() == (0, 0, 0)


def test_the_stages_month_stops_what_runs_as_all_of_it_adds_up(show: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    of_stage(monkeypatch, 10, "stop")
    another(show, 8.0, 0.9356)
    show.live()  # which takes a while, in which the other one goes on
    assert show.ends(DOLLAR) == pytest.approx(DOLLAR, abs=40)
    assert show.said("limit")[0].startswith("Ended after 10 dollars, the stage's budget of 20")
    with pytest.raises(BudgetUsedUp, match=r"10\.\d\d dollars are used of 10 dollars, .* --budget-of-stage"):
        sessions.start(Call(Caller("ann"), StartWish()), "show")
    assert show.world.table.session("show").attempt == 1


def test_an_owners_month_is_no_others(show: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    of_stage(monkeypatch, 5, "stop", "OWNER")
    another(show, 5.0, 0, owner="ben")
    show.live()
    show.passes(3600)
    assert (show.world.table.session("show").state, show.warnings) == ("live", [])
    with pytest.raises(BudgetUsedUp, match=r"5\.00 dollars are used of 5 dollars, your budget of"):
        sessions.start(Call(Caller("ben"), StartWish()), "second")


def test_a_month_that_only_warns_refuses_nothing_and_alarms_once(
    show: Guarded, monkeypatch: pytest.MonkeyPatch, counted: list[dict[str, float]]
) -> None:
    of_stage(monkeypatch, 5, "warn")
    another(show, 4.5, 0)
    for attempt in (1, 2):
        sessions.start(Call(Caller("ann"), StartWish()), "show")
        show.world.until("live")
        sessions.stop(Call(Caller("ann"), Nothing()), "show")
        show.world.until("ended")
        (warning,) = show.world.table.attempt("show", attempt).month_warnings.values()
        assert warning.message.startswith("80 % are used of 5 dollars, the stage's budget of 20")
    assert [name for _, name in show.warnings] == ["BudgetNearlyUsedUp"] * 2
    assert counted == [{"BudgetWarnings": 1}]


def test_a_prepared_show_is_not_started_either(show: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    show.world.table.create_session(Session(id="show", owner="ann", profile="360p30"))
    sessions.prepare(Call(Caller("ann"), Nothing()), "show")
    show.world.until("ready")
    of_stage(monkeypatch, 5, "stop")
    another(show, 5.0, 0)
    with pytest.raises(BudgetUsedUp):
        sessions.start(Call(Caller("ann"), StartWish()), "show")
    assert show.world.table.attempt("show", 1).start_requested_at is None
