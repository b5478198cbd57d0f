"""A session's execution that ended by something else than its own last state: nobody else starts its cleanup."""

from showrunner.executions import ending, has_cleaned, start_cleanup
from showrunner.store import store


def after_execution(session_id: str, number: int, ended: str) -> str | None:
    """The session's execution ended as `ended`: start a cleanup, unless the execution itself did already."""
    attempt = store().attempt(session_id, number)
    if has_cleaned(attempt):
        return None
    store().note_failure(session_id, number, ending(ended))
    return start_cleanup(attempt, ended.lower())
