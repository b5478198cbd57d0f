"""What a session costs, planned, so far, and in the end; and what a month has. Estimates from list prices, no bill."""

from showrunner import clock, cost, ivs
from showrunner.api import Answer, Call
from showrunner.cost import BILLION, Cost
from showrunner.session import Attempt, Session, month_of
from showrunner.settings import settings
from showrunner.store import store
from showrunner.store.spending import Spent, spent_at
from workflows.answers import AttemptCost, CostSum, CostView, MonthCost, MonthView, OwnersCost, PlannedCost
from workflows.requests import CostWish, MonthWish
from workflows.sessions import asked_owner, seen


def read(call: Call[CostWish], session_id: str) -> Answer[CostView]:
    """Of a show of `minutes`, and of each attempt, of the running one until now."""
    session, minutes = seen(call.caller, session_id), call.body.minutes
    begun, attempts = store().attempts_of(session.id), list[AttemptCost]()
    plan = cost.planned(session, minutes * 60, call.body.viewers, _ivs_type(session, begun))
    planned: PlannedCost = {"show_minutes": minutes, **view(cost.cost_of(plan))}
    for attempt in begun:
        has = cost.cost_of(cost.lived(session, attempt))
        attempts.append({"attempt": attempt.number, "final": attempt.ended_at is not None, **view(has)})
    shown: CostView = {
        "session_id": session.id,
        "notice": cost.notice(),
        "planned": planned,
        "attempts": attempts,
        "dollars": round(sum(each["dollars"] for each in attempts), 2),
    }
    return Answer(200, shown)


def _ivs_type(session: Session, begun: list[Attempt]) -> str | None:
    """Of the channel that it borrows: as the latest attempt had it, else as IVS has it."""
    arn = session.output.channel_arn
    if arn is None:
        return None
    if known := [attempt.ivs_type for attempt in begun if attempt.ivs_type]:
        return known[-1]
    channel = ivs.persistent(arn, session.owner)
    return channel["type"] if channel else None


def month(call: Call[MonthWish]) -> Answer[MonthView]:
    """The caller's, as it was told up to now; producers may ask for another owner's, and else see the stage's."""
    owner, month = asked_owner(call), call.body.month or month_of(clock.now())
    shown: MonthView = {
        "month": month,
        "notice": cost.notice(),
        "owner": owner,
        **_sum(month, store().spent(month, owner), settings().budget_of_owner),
        "stage": None,
        "owners": None,
        "unpriced": cost.unpriced(),
    }
    if call.caller.producer and call.body.owner is None:
        shown["stage"] = _sum(month, store().spent(month), settings().budget_of_stage)
        shown["owners"] = _owners(month)
    return Answer(200, shown)


def _owners(month: str) -> list[OwnersCost]:
    owners: list[OwnersCost] = [
        {"owner": owner, "dollars": _dollars(month, spent)} for owner, spent in store().spent_by_owners(month)
    ]
    return sorted(owners, key=lambda each: (-each["dollars"], each["owner"]))


def _sum(month: str, spent: Spent, budget: str) -> MonthCost:
    return {"dollars": _dollars(month, spent), "starts": spent.starts, "budget_dollars": int(budget) or None}


def _dollars(month: str, spent: Spent) -> float:
    return round(spent_at(month, spent, clock.now()) / BILLION, 2)


def view(has: Cost) -> CostSum:
    return {
        "dollars": has.dollars,
        "billed_minutes": has.minutes,
        "lines": [
            {
                "item": each.item,
                "quantity": each.quantity,
                "unit": each.unit,
                "dollars": each.dollars,
                "checked": each.checked,
                "source": each.source,
                "as_of": each.as_of,
            }
            for each in has.lines
        ],
        "unpriced": has.unpriced,
    }
