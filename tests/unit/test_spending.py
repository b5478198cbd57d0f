"""What months have of known lives, and that however often they are told it is in the sums once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from showrunner import clock, cost
from showrunner.budget import Budget
from showrunner.cost import BILLION
from showrunner.session import Attempt, Session, Share, isotime
from showrunner.store import Store
from showrunner.store.spending import Spent, spent_at
from tests.inprocess import table_in_memory, table_on_moto
from tests.unit.test_cost import At

MIDNIGHT = datetime(2026, 8, 1, tzinfo=UTC)
# Dollars, of 360p30: 2 x 0.1404 + 2 x 0.2124 + 0.2 + 0.5076 GB x 0.023 + 3,600 PUT x 0.000005 + 12 x 0.000025 + 25
# functions.
HOUR = 0.935605
BEGUN = 0.000685  # 25 transitions and 50 functions
SHOW = Session(id="show", owner="ann", profile="360p30")


@pytest.fixture(params=["moto", "memory"])
def table(request: pytest.FixtureRequest, environment: None) -> Iterator[Store]:
    with table_on_moto() if request.param == "moto" else table_in_memory() as store:
        yield store


@pytest.fixture(autouse=True)
def systems_clock() -> Iterator[None]:
    yield
    clock.use()


def at(hours: float) -> datetime:
    """Hours after July is over."""
    return MIDNIGHT + timedelta(hours=hours)


def attempt(begun: float, ended: float | None = None) -> Attempt:
    """Asked for a minute before; running and live at once."""
    begins, ends = isotime(at(begun)), isotime(at(ended)) if ended is not None else None
    return Attempt("show", 1, isotime(at(begun - 1 / 60)), running_at=begins, live_at=begins, ended_at=ends)


def dollars(share: Share | Spent, month: str, when: datetime) -> float:
    return spent_at(month, share, when) / BILLION


def test_a_course_is_what_has_been_and_what_is_to_come() -> None:
    clock.use(At(at(0)))
    course = cost.course(SHOW, attempt(-3))
    assert course.spent_at(at(-3)) / BILLION == pytest.approx(BEGUN, abs=1e-6)
    assert course.spent_at(at(-1)) / BILLION == pytest.approx(BEGUN + 2 * HOUR, abs=1e-5)
    assert course.rate * 3600 / BILLION == pytest.approx(HOUR, abs=1e-5)


def test_each_month_has_its_own_part() -> None:
    clock.use(At(at(1.5)))
    shares = cost.by_month(SHOW, attempt(-2))
    assert (list(shares), shares["2026-07"].rate) == (["2026-07", "2026-08"], 0)
    assert dollars(shares["2026-07"], "2026-07", at(1.5)) == pytest.approx(2 * HOUR + BEGUN, abs=1e-4)
    assert dollars(shares["2026-08"], "2026-08", at(1.5)) == pytest.approx(1.5 * HOUR, abs=1e-4)


def test_in_the_end_the_months_have_what_it_cost() -> None:
    clock.use(At(at(400)))
    over = attempt(-2, 1.51)
    shares = cost.by_month(SHOW, over)
    exact = sum(line.dollars or 0 for line in cost.cost_of(cost.lived(SHOW, over)).lines)
    assert sum(share.spent for share in shares.values()) == round(exact * BILLION)
    assert [share.rate for share in shares.values()] == [0, 0]


def test_once_the_channel_is_stopped_no_second_adds_anything() -> None:
    clock.use(At(at(1.5)))
    stuck = structs.replace(attempt(-2), stopped_at=isotime(at(-1)))
    shares = cost.by_month(SHOW, stuck)
    assert dollars(shares["2026-07"], "2026-07", at(1.5)) == pytest.approx(HOUR + BEGUN, abs=1e-4)
    assert shares["2026-08"] == Share(0, 0)


def test_a_course_is_told_again_only_when_it_is_another() -> None:
    clock.use(At(at(5)))
    before = cost.by_month(SHOW, attempt(1))
    clock.use(At(at(9)))
    assert cost.by_month(SHOW, attempt(1)) == before
    waiting = Attempt("show", 1, isotime(at(1)), running_at=isotime(at(1)))
    assert cost.by_month(SHOW, waiting) != before


def test_a_past_month_goes_on_no_longer() -> None:
    share = Share(2 * BILLION, BILLION // 3600)
    assert dollars(share, "2026-07", at(0)) == dollars(share, "2026-07", at(500)) == pytest.approx(746, abs=1)


def test_however_often_it_is_told_it_counts_once(table: Store) -> None:
    table.create_session(SHOW)
    table.begin_attempt(SHOW, start=True)
    fresh = table.attempt("show", 1)
    assert table.count(fresh, "ann", "2026-08", Share(5, 1))
    assert not table.count(fresh, "ann", "2026-08", Share(5, 1))  # who read it before
    assert table.count(table.attempt("show", 1), "ann", "2026-08", Share(9, 0))
    assert not table.count(fresh, "ann", "2026-08", Share(7, 1))
    assert table.spent("2026-08") == table.spent("2026-08", "ann") == Spent(9, 0, 1)
    assert table.spent("2026-07") == Spent()


def test_a_months_sums_are_of_all_its_owners(table: Store) -> None:
    for number, owner in enumerate(("ann", "ben", "ann")):
        session = Session(id=f"s{number}", owner=owner)
        table.create_session(session)
        table.begin_attempt(session, start=True)
        assert table.count(table.attempt(session.id, 1), owner, "2026-08", Share(10**number, number))
    assert table.spent("2026-08") == Spent(111, 3, 3)
    assert dict(table.spent_by_owners("2026-08")) == {"ann": Spent(101, 2, 2), "ben": Spent(10, 1, 1)}
    assert table.mark_month("2026-08", "ben", "told")
    assert not table.mark_month("2026-08", "ben", "told")
    assert table.spent("2026-08", "ben") == Spent(10, 1, 1)


def test_a_sum_goes_on_by_another_rate_and_keeps_what_it_comes_to(table: Store) -> None:
    table.create_session(SHOW)
    table.begin_attempt(SHOW, start=True)
    assert table.count(table.attempt("show", 1), "ann", "2026-08", Share(5 * BILLION, BILLION // 3600))
    clock.use(At(at(10)))  # when it comes to 5 + 10 dollars
    seen = table.spent("2026-08")
    assert table.go_on("2026-08", "STAGE", seen, BILLION // 7200)
    assert not table.go_on("2026-08", "STAGE", seen, 0)  # it was told something since
    now, owners = table.spent("2026-08"), table.spent("2026-08", "ann")
    assert [dollars(now, "2026-08", at(hours)) for hours in (10, 12)] == pytest.approx([15, 16], abs=1e-4)
    assert (now.starts, owners) == (1, seen)
    assert dict(table.sums("2026-08")) == {"STAGE": now, "OWNER#ann": owners}


def test_a_row_from_before_there_were_budgets_is_told_too(table: Store) -> None:
    table.create_session(SHOW)
    table.begin_attempt(SHOW, start=True)
    table._update({"pk": "SESSION#show", "sk": "ATTEMPT#000001"}, "REMOVE spending, extended_dollars", {})
    assert table.count(table.attempt("show", 1), "ann", "2026-08", Share(5, 1))
    assert table.attempt("show", 1).spending == {"2026-08": Share(5, 1)}
    assert table.extend(table.attempt("show", 1), {"extended_dollars": 3}, "Extended", "ann").extended_dollars == 3


def standing(counted: float, rate: float, spent: float | None = None, month: str | None = None) -> Budget:
    """Of ten dollars; an hour before July is over."""
    due = counted if spent is None else spent
    per_second = round(rate * BILLION / 3600)
    return Budget("start", 10, True, at(-1), round(counted * BILLION), per_second, round(due * BILLION), month)


def test_when_a_budget_is_used_up_is_known_from_its_course() -> None:
    close = timedelta(seconds=1)
    of_four = standing(4, 2)
    assert abs(of_four.reached(80) - at(1)) < close  # type: ignore[operator]
    assert abs(of_four.reached() - at(2)) < close  # type: ignore[operator]
    assert of_four.percent == 40
    assert standing(10, 2).reached() == at(-1)
    assert standing(4, 0).reached() is None
    assert standing(1, 2, spent=10.5).reached() == at(-1)  # the ten minutes are due at once


def test_a_month_ends_before_its_budget_is_used_up() -> None:
    assert standing(4, 2, month="2026-07").reached() is None
    assert standing(9, 2, month="2026-07").reached() is not None


def test_ten_minutes_are_due_as_soon_as_the_channel_runs() -> None:
    clock.use(At(at(0)))
    assert cost.at_least(SHOW, Attempt("show", 1, isotime(at(-1)))) == 0
    assert cost.at_least(SHOW, attempt(-0.01)) / BILLION == pytest.approx(0.1176 + 0.01 * 0.23 + BEGUN, abs=1e-4)
    assert cost.at_least(SHOW, attempt(-1)) == 0
