"""A show may be on air for longer than its limit said."""

from showrunner import guards
from showrunner.api import Answer, Call
from showrunner.errors import Conflict, InvalidRequest
from showrunner.session import LONGEST_SHOW, isotime
from showrunner.store import store
from workflows.answers import Extended
from workflows.requests import Extension
from workflows.sessions import mine


def extend(call: Call[Extension], session_id: str) -> Answer[Extended]:
    """Let the show end later than it would. Under an Idempotency-Key once, without one each time."""
    session, seconds = mine(call.caller, session_id), call.body.seconds
    if session.state != "live":
        raise Conflict(f"Session '{session_id}' is {session.state}; a show can be extended while it is live.")
    attempt = store().attempt(session_id, session.attempt)
    left = LONGEST_SHOW - session.limits.live_seconds - attempt.extended_seconds
    if seconds > left:
        said = f"A show is on air for 24 hours at most: this one can be extended by {left} s."
        raise InvalidRequest(said, field="seconds")
    attempt = store().extend(attempt, seconds, call.caller.sub)
    at = guards.ends_at(session, attempt)
    assert at is not None
    return Answer(200, {"message": f"The show ends at {isotime(at)} at the latest.", "ends_at": isotime(at)})
