"""Who calls for a cleanup besides the session's own execution: its unnatural end, and the sweeper."""

from collections.abc import Callable, Iterable
from typing import Any

from showrunner import clock
from showrunner.executions import (
    cleanup_execution,
    running_archives,
    running_cleanups,
    session_execution,
    start_archive,
    start_cleanup,
    status,
)
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
    _note_end(attempt, ended)
    return start_cleanup(attempt, ended.lower())


def sweep() -> dict[str, Any]:
    """Give every attempt that is not ended and has no running execution a cleanup, and an archive to those that are
    ended and whose recordings nobody looks after; what was started."""
    failed: list[str] = []
    cleanups = _started(_sweep, store().open_attempts(), running_cleanups(), failed)
    archives = _started(_sweep_ended, store().unarchived_attempts(), running_archives(), failed)
    if cleanups or archives:
        logger.warning("swept", cleanups=cleanups, archives=archives)
    if failed:
        raise RuntimeError(f"Not swept: {', '.join(failed)}")
    return {"cleanups": cleanups, "archives": archives}


def _started(
    begin: Callable[[Attempt, list[str]], str | None],
    attempts: Iterable[Attempt],
    at_work: list[str],
    failed: list[str],
) -> list[str]:
    """The executions that were started; one attempt that can't be swept is `failed`, and keeps no other from it."""
    started = []
    for attempt in attempts:
        try:
            if arn := begin(attempt, at_work):
                started.append(arn)
        except Exception:
            logger.exception("not swept", session_id=attempt.session_id, attempt=attempt.number)
            failed.append(attempt.name)
    return started


def _sweep(attempt: Attempt, at_work: list[str]) -> str | None:
    """`at_work`: the names of the cleanups that run. A second one of an attempt would only ask AWS the same again."""
    if seconds_since(attempt.created_at) < GRACE_SECONDS:
        return None
    if any(name.startswith(f"{attempt.name}-") for name in at_work):
        return None
    session = status(session_execution(attempt))
    if session == "RUNNING":
        return None
    if session is None and not attempt.stopping:
        _note(attempt, Failure("NeverRan", "The session's execution was never started."))
    if session in ENDS and status(cleanup_execution(attempt, "session")) is None:  # the event of it was lost
        _note_end(attempt, session)
    # Named for the time, so that two sweepers at once start one cleanup, and the next sweep another.
    return start_cleanup(attempt, f"sweep-{clock.now():%Y%m%d%H%M}")


def _sweep_ended(attempt: Attempt, at_work: list[str]) -> str | None:
    """`at_work`: the names of the archive executions that run."""
    if attempt.ended_at is None or seconds_since(attempt.ended_at) < GRACE_SECONDS:
        return None
    if any(name.startswith(f"{attempt.name}-") for name in at_work):
        return None
    return start_archive(attempt.session_id, attempt.number)


def _note_end(attempt: Attempt, ended: str) -> None:
    _note(attempt, Failure(f"Execution{ended.title().replace('_', '')}", ENDS[ended]))


def _note(attempt: Attempt, failure: Failure) -> None:
    store().note_failure(attempt.session_id, attempt.number, failure)
