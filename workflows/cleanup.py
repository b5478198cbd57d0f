"""An execution that ended by something else than its own last state: a session's whose cleanup nobody else starts, or a
cleanup that did not get to its end.
"""

from showrunner.executions import ending, has_cleaned, running_cleanups, start_cleanup
from showrunner.store import store

AGAIN = "-again"


def after_execution(session_id: str, number: int, ended: str) -> str | None:
    """The session's execution ended as `ended`: start a cleanup, unless the execution itself did already."""
    attempt = store().attempt(session_id, number)
    if has_cleaned(attempt):
        return None
    store().note_failure(session_id, number, ending(ended))
    return start_cleanup(attempt, ended.lower())


def after_cleanup(session_id: str, number: int, name: str, ended: str) -> str | None:
    """The cleanup of this name ended as `ended`: start it again if it was stopped from outside or ran out of time.

    Once, so that cleanups do not start each other for ever: the second end is left to the sweeper, as is a cleanup that
    failed.
    """
    attempt = store().attempt(session_id, number)
    if ended == "FAILED" or name.endswith(AGAIN) or not store().tended(session_id, number):
        return None
    if any(other.startswith(f"{attempt.name}-") for other in running_cleanups()):
        return None
    return start_cleanup(attempt, f"{name.removeprefix(f'{attempt.name}-')}{AGAIN}")
