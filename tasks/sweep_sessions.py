"""Look after attempts that nobody looks after: a cleanup for those that are open, an archive for those that ended."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from showrunner import clock, guards
from showrunner.errors import SessionNotFound
from showrunner.executions import (
    ENDS,
    cleanup_execution,
    ending,
    running_archives,
    running_cleanups,
    running_sessions,
    session_execution,
    start_archive,
    start_cleanup,
    status,
    sweep_trigger,
)
from showrunner.orphans import GRACE_SECONDS
from showrunner.session import Attempt, Failure, seconds_since
from showrunner.store import store
from showrunner.sweep import Sweep

Event = dict[str, Any]
OVERDUE_SECONDS = 1500  # longer than any wait for AWS lasts: the state machines give up after 15 minutes
MISSED_SECONDS = 2 * guards.LOOK_SECONDS  # past a limit: two looks of a wait, of which one would do, did not come


def handler(event: Event, context: object) -> Event:
    """An execution that has just begun or ended may not be listed so yet, hence the grace, and a look at each."""
    sweep = Sweep(event)
    cleaning, running = _attempts_of(running_cleanups()), set(running_sessions())
    for attempt in store().open_attempts():
        if attempt.name in cleaning or attempt.name in running:
            if _overdue(attempt):
                sweep.find("overdue session", attempt.name, "report")
        elif seconds_since(attempt.created_at) >= GRACE_SECONDS and (begin := _cleanup(attempt)):
            if attempt.closing_at and _without_session(attempt):
                forget = partial(store().forget_attempt, attempt.session_id, attempt.number)
                sweep.find("session", attempt.name, "forget", forget)
            else:
                sweep.find("session", attempt.name, "cleanup", begin)
    archiving = _attempts_of(running_archives())
    for attempt in store().unarchived_attempts():
        if attempt.name not in archiving and attempt.ended_at and seconds_since(attempt.ended_at) >= GRACE_SECONDS:
            sweep.find("archive", attempt.name, "archive", partial(start_archive, attempt.session_id, attempt.number))
    return sweep.answer


def _attempts_of(executions: list[str]) -> set[str]:
    """The attempts that executions named ATTEMPT-TRIGGER work for; a trigger may have a hyphen itself."""
    stems = set()
    for name in executions:
        parts = name.split("-")
        stems |= {"-".join(parts[:count]) for count in range(1, len(parts))}
    return stems


def _without_session(attempt: Attempt) -> bool:
    """Its row is lost: a cleanup removes most of what was made, and can't end. What is left then are orphans."""
    try:
        store().session(attempt.session_id)
    except SessionNotFound:
        return True
    return False


def _overdue(attempt: Attempt) -> bool:
    """Being made, started or removed for longer than all the waits in that last together; or past a limit, which some
    look should have seen.
    """
    if since := attempt.closing_at or attempt.stop_requested_at:
        return seconds_since(since) > OVERDUE_SECONDS
    try:
        session = store().session(attempt.session_id)
    except SessionNotFound:  # its row was removed by hand, and nobody can stop it
        return True
    since = attempt.start_requested_at or (attempt.created_at if session.state == "preparing" else None)
    if since and attempt.running_at is None:
        return seconds_since(since) > OVERDUE_SECONDS
    missed = clock.now() - timedelta(seconds=MISSED_SECONDS)
    return any(deadline.at < missed for deadline in guards.told(session, attempt))


def _cleanup(attempt: Attempt) -> Callable[[], None] | None:
    """What starts one, if the attempt's execution does not run."""
    session = status(session_execution(attempt))
    if session == "RUNNING":
        return None

    def begin() -> None:
        failure = None
        if session is None and not attempt.stopping:
            failure = Failure("NeverRan", "The session's execution was never started.")
        elif session in ENDS and status(cleanup_execution(attempt, "session")) is None:  # the event of it was lost
            failure = ending(session)
        if failure:
            store().note_failure(attempt.session_id, attempt.number, failure)
        start_cleanup(attempt, sweep_trigger())

    return begin
