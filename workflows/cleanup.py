"""Who calls for a cleanup besides the session's own execution: its unnatural end, and the sweeper."""

from datetime import UTC, datetime
from typing import Any

from showrunner.executions import cleanup_execution, session_execution, start_cleanup, status
from showrunner.observability import logger
from showrunner.session import Attempt, Failure, seconds_since
from showrunner.store import store

GRACE_SECONDS = 60  # between making an attempt and starting its execution
ENDS = {
    "ABORTED": "The session's execution was stopped from outside.",
    "TIMED_OUT": "The session's execution ran out of time.",
    "FAILED": "The session's execution failed.",
}


def after_execution(session_id: str, number: int, ended: str) -> str | None:
    """The session's execution ended as `ended`: start a cleanup, unless the execution itself did already."""
    attempt = store().attempt(session_id, number)
    if status(cleanup_execution(attempt, "session")) in ("RUNNING", "SUCCEEDED"):
        return None
    store().note_failure(session_id, number, Failure(f"Execution{ended.title().replace('_', '')}", ENDS[ended]))
    return start_cleanup(attempt, ended.lower())


def sweep() -> dict[str, Any]:
    """Give every attempt that is not ended and has no running execution a cleanup; what was done."""
    started = [arn for attempt in store().open_attempts() if (arn := _sweep(attempt))]
    if started:
        logger.warning("swept", cleanups=started)
    return {"cleanups": started}


def _sweep(attempt: Attempt) -> str | None:
    if seconds_since(attempt.created_at) < GRACE_SECONDS:
        return None
    session = status(session_execution(attempt))
    if session == "RUNNING" or status(cleanup_execution(attempt, "session")) == "RUNNING":
        return None
    if session is None and not attempt.stopping:
        store().note_failure(
            attempt.session_id, attempt.number, Failure("NeverRan", "The session's execution was never started.")
        )
    # Named for the time, so that two sweepers at once start one cleanup, and the next sweep another.
    return start_cleanup(attempt, f"sweep-{datetime.now(UTC):%Y%m%d%H%M}")
