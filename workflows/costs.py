"""What a session costs: planned, so far, and in the end. Estimates from list prices, and no bill."""

from showrunner import cost
from showrunner.api import Answer, Call
from showrunner.cost import Cost
from showrunner.store import store
from workflows.answers import AttemptCost, CostSum, CostView, PlannedCost
from workflows.requests import CostWish
from workflows.sessions import seen


def read(call: Call[CostWish], session_id: str) -> Answer[CostView]:
    """Of a show of `minutes`, and of each attempt, of the running one until now."""
    session, minutes = seen(call.caller, session_id), call.body.minutes
    planned: PlannedCost = {
        "show_minutes": minutes,
        **view(cost.cost_of(cost.planned(session, minutes * 60))),
    }
    attempts: list[AttemptCost] = []
    for number in range(1, session.attempt + 1):
        attempt = store().attempt(session.id, number)
        has = cost.cost_of(cost.lived(session, attempt))
        attempts.append({"attempt": number, "final": attempt.ended_at is not None, **view(has)})
    shown: CostView = {
        "session_id": session.id,
        "notice": f"An estimate from list prices of {cost.region()}, not a bill. {cost.NOT_COUNTED}",
        "planned": planned,
        "attempts": attempts,
        "dollars": round(sum(each["dollars"] for each in attempts), 2),
    }
    return Answer(200, shown)


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
            }
            for each in has.lines
        ],
        "unpriced": has.unpriced,
    }
