"""A show may be on air for longer than its limit said, and cost more than its budget."""

from showrunner import guards
from showrunner.api import Answer, Call
from showrunner.budget import amount
from showrunner.errors import Conflict, InvalidRequest
from showrunner.session import LONGEST_SHOW, Session, isotime
from showrunner.store import store
from workflows.answers import Extended
from workflows.requests import Extension
from workflows.sessions import mine


def extend(call: Call[Extension], session_id: str) -> Answer[Extended]:
    """Let the show end later than it would. Under an Idempotency-Key once, without one each time."""
    session, wish = mine(call.caller, session_id), call.body
    _check(session, wish)
    attempt = store().attempt(session_id, session.attempt)
    left = LONGEST_SHOW - session.limits.live_seconds - attempt.extended_seconds
    if wish.seconds and wish.seconds > left:
        at_most = f"A show is on air for 24 hours at most: this one can be extended by {left} s."
        raise InvalidRequest(at_most, field="seconds")
    by = [f"{wish.seconds} s"] if wish.seconds else []
    by += [amount(wish.dollars)] if wish.dollars else []
    text = f"Extended by {' and '.join(by)}"
    attempt = store().extend(attempt, wish.seconds or 0, wish.dollars or 0, text, call.caller.sub)
    ends = guards.ends_at(session, attempt)
    ends_at = isotime(ends) if ends else None
    dollars = session.budget.dollars + attempt.extended_dollars if session.budget.dollars else None
    said = [f"The show ends at {ends_at} at the latest."] if ends_at else []
    said += [f"It may cost {amount(dollars)}, by the estimate."] if dollars else []
    return Answer(200, {"message": " ".join(said), "ends_at": ends_at, "budget_dollars": dollars})


def _check(session: Session, wish: Extension) -> None:
    """Raises Conflict where it does not run, InvalidRequest where it has no budget to raise."""
    if wish.seconds and session.state != "live":
        raise Conflict(f"Session '{session.id}' is {session.state}; a show can be extended while it is live.")
    if session.resting or session.state == "stopping":
        raise Conflict(f"Session '{session.id}' is {session.state}; a budget can be raised while it runs.")
    if wish.dollars and not session.budget.dollars:
        raise InvalidRequest(f"Session '{session.id}' has no budget; it may cost anything.", field="dollars")
