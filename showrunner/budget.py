"""Budgets, by the estimate: of one start of a session, and of an owner's and the stage's month.

At 80 % and at all of it the session is warned; where it is so configured, it is stopped then, and in a month whose
budget is used up nothing starts any more. When that will be is known from what has been spent and what each second adds
(showrunner/cost.py), so the guards have it looked at in time.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from showrunner import bus, clock, cost
from showrunner.errors import BudgetUsedUp
from showrunner.observability import count
from showrunner.session import Attempt, Session, month_of, span_of
from showrunner.settings import settings
from showrunner.store import store
from showrunner.store.spending import spent_at
from showrunner.wording import so_many

NEAR, ALL = 80, 100  # percent
A_START = timedelta(days=2)  # no start of a session lasts for longer

Whose = Literal["start", "owner", "stage"]
MEANING: dict[Whose, str] = {
    "start": "the budget of this start",
    "owner": "your budget of {month}",
    "stage": "the stage's budget of {month}",
}


class Budget(Struct, frozen=True):
    """How a budget stands `at` a moment. `counted`: what goes on by `rate` a second; `spent`: what is due already."""

    whose: Whose
    dollars: int
    stops: bool
    at: datetime
    counted: int
    rate: int
    spent: int
    month: str | None = None

    def __str__(self) -> str:
        return f"{so_many(self.dollars, 'dollar')}, {MEANING[self.whose].format(month=self.month)}"

    @property
    def percent(self) -> int:
        """Whole ones that are used up."""
        return self.spent // (self.dollars * cost.BILLION // 100)

    @property
    def mark(self) -> str:
        """A name for what is done once for this budget, and again when it is raised."""
        return f"{self.whose}#{self.month or ''}#{self.dollars}"

    def reached(self, percent: int = ALL) -> datetime | None:
        """When so much of it is used up; None if it never is, at this rate, or not before the month is over."""
        part = self.dollars * cost.BILLION * percent // 100
        if self.spent >= part:
            return self.at
        if self.rate <= 0:
            return None
        seconds = (part - self.counted) / self.rate
        left = span_of(self.month)[1] - self.at if self.month else A_START
        return self.at + timedelta(seconds=seconds) if seconds <= left.total_seconds() else None


def tell(session: Session, attempt: Attempt) -> bool:
    """Have its months know what an attempt costs; False if somebody else told them at this moment."""
    shares = cost.by_month(session, attempt).items()
    return all(
        attempt.spending.get(month) == share or store().count(attempt, session.owner, month, share)
        for month, share in shares
    )


def standing(session: Session, attempt: Attempt) -> list[Budget]:
    """The budgets that a running attempt uses, as they are now; first its own."""
    at = clock.now()
    return [*of_start(session, attempt, at), *of_month(session.owner, at)]


def of_start(session: Session, attempt: Attempt, at: datetime | None = None) -> Iterator[Budget]:
    """Its own, if it has one; by the table alone. Without `at` as it was when its course began."""
    if session.budget.dollars:
        course, dollars = cost.course(session, attempt), session.budget.dollars + attempt.extended_dollars
        when = at or course.at
        counted = course.spent_at(when)
        due = max(counted, cost.at_least(session, attempt))
        yield Budget("start", dollars, session.budget.stop, when, counted, course.rate, due)


def of_month(owner: str, at: datetime) -> Iterator[Budget]:
    """An owner's and the stage's, of the month in which `at` is."""
    month, stops = month_of(at), settings().at_budget == "stop"
    limits: dict[Whose, int] = {"owner": int(settings().budget_of_owner), "stage": int(settings().budget_of_stage)}
    for whose, dollars in limits.items():
        if dollars:
            sum_of = store().spent(month, owner if whose == "owner" else None)
            spent = spent_at(month, sum_of, at)
            yield Budget(whose, dollars, stops, at, spent, sum_of.rate, spent, month)


def refuse(session: Session) -> None:
    """Raises BudgetUsedUp where a month's budget is, and nothing is to start then."""
    if settings().at_budget != "stop":
        return
    for budget in of_month(session.owner, clock.now()):
        if budget.percent >= ALL:
            used = f"{budget.spent / cost.BILLION:.2f} dollars are used of {budget}, by the estimate."
            remedy = "Start it next month, or ask an operator to raise the budget: showrunner deploy"
            raise BudgetUsedUp(
                f"{used} {remedy} --budget-of-{budget.whose}.", budget=budget.whose, dollars=budget.dollars
            )


def text(budget: Budget, percent: int) -> str:
    """That so much of it is used up."""
    if percent >= ALL:
        return f"All is used of {budget}." + (" It stops." if budget.stops else "")
    return f"{percent} % are used of {budget}." + (" At 100 % it stops." if budget.stops else "")


def warn(session: Session, attempt: Attempt, budget: Budget) -> None:
    """From 80 % on, and again at 100 %: in the timeline and as an event; the alarm is told once of each budget."""
    percent = ALL if budget.percent >= ALL else NEAR
    message = text(budget, percent) if budget.percent >= NEAR else None
    if budget.month:
        store().warn_of_month(attempt, budget.whose, message)
    if message is None or not store().note(
        session.id, attempt.number, "budget", message, of=f"{budget.mark}#{percent}"
    ):
        return
    detail = {"session_id": session.id, "attempt": attempt.number, "message": message, "budget": budget.whose}
    name = "BudgetUsedUp" if percent == ALL else "BudgetNearlyUsedUp"
    bus.publish("Session Warning", {**detail, "warning": name, "dollars": budget.dollars, "percent": percent})
    owner = session.owner if budget.whose == "owner" else None
    if budget.month is None or store().mark_month(budget.month, owner, f"{budget.mark}#{percent}"):
        count({"BudgetWarnings": 1})
