"""A show may be waited for, and be on air, for longer than its limits said, and cost more than its budget."""

from datetime import datetime

from showrunner import guards
from showrunner.api import Answer, Call
from showrunner.errors import Conflict, InvalidRequest
from showrunner.session import Attempt, Session, isotime
from showrunner.store import store
from showrunner.wording import so_many
from workflows.answers import Extended
from workflows.requests import Extension
from workflows.sessions import mine


def extend(call: Call[Extension], session_id: str) -> Answer[Extended]:
    """Let it end later than it would: while it waits for its input the wait, then the show. Under an Idempotency-Key
    once, without one each time.
    """
    session, owner, key = mine(call.caller, session_id), call.caller.sub, call.idempotency_key
    if key and store().is_done(owner, key):  # by this request, which died before its answer
        attempt = store().attempt(session_id, session.attempt)
    else:
        attempt = _extended(session, call.body, owner, key)
    said, ends = _ends(session, attempt)
    dollars = session.budget.dollars + attempt.extended_dollars if session.budget.dollars else None
    cost = [f"It may cost {so_many(dollars, 'dollar')}, by the estimate."] if dollars else []
    ends_at = isotime(ends) if ends else None
    return Answer(200, {"message": " ".join([*said, *cost]), "ends_at": ends_at, "budget_dollars": dollars})


def _extended(session: Session, wish: Extension, owner: str, key: str | None) -> Attempt:
    _check(session, wish)
    attempt, more, by = store().attempt(session.id, session.attempt), dict[str, int](), []
    if wish.seconds:
        _check_left(session, attempt, wish.seconds)
        more["extended_seconds" if session.state == "live" else "extended_wait"] = wish.seconds
        by.append(f"{wish.seconds} s")
    if wish.dollars:
        more["extended_dollars"] = wish.dollars
        by.append(so_many(wish.dollars, "dollar"))
    return store().extend(attempt, more, f"Extended by {' and '.join(by)}", owner, key)


def _check(session: Session, wish: Extension) -> None:
    """Raises Conflict where it does not run, InvalidRequest where it has no budget to raise."""
    if wish.seconds and not session.switchable:
        can = "a show can be extended while it waits for its input and while it is live"
        raise Conflict(f"Session '{session.id}' is {session.state}; {can}.")
    if session.resting or session.state == "stopping":
        raise Conflict(f"Session '{session.id}' is {session.state}; a budget can be raised while it runs.")
    if wish.dollars and not session.budget.dollars:
        raise InvalidRequest(f"Session '{session.id}' has no budget; it may cost anything.", field="dollars")


def _check_left(session: Session, attempt: Attempt, seconds: int) -> None:
    """Raises InvalidRequest where that is more than a show can be waited for, or be on air."""
    if not (session.limits.live_seconds if session.state == "live" else session.limits.input_seconds):
        raise InvalidRequest(f"Session '{session.id}' has no such limit; nothing is to be extended.", field="seconds")
    if session.state == "live":
        most, left = "A show is on air for 24 hours at most", guards.left_on_air(session, attempt)
    else:
        most, left = "The first input is waited for 2 hours at most", guards.left_to_wait(session, attempt)
    if seconds > left:
        raise InvalidRequest(f"{most}: this one can be extended by {left} s.", field="seconds")


def _ends(session: Session, attempt: Attempt) -> tuple[list[str], datetime | None]:
    """When it ends by itself, in a sentence, once that can be said."""
    if at := guards.ends_at(session, attempt):
        return [f"The show ends at {isotime(at)} at the latest."], at
    if session.state == "waiting_for_input" and (at := guards.wait_ends_at(session, attempt)):
        return [f"The input is waited for until {isotime(at)}."], at
    return [], None
