"""Give back leases and reservations, and forget task tokens that nobody needs any more."""

from functools import partial
from typing import Any

from showrunner.executions import running_cleanups, running_sessions
from showrunner.orphans import GRACE_SECONDS
from showrunner.session import Attempt
from showrunner.store import Wait, store
from showrunner.sweep import Sweep

Event = dict[str, Any]


def handler(event: Event, context: object) -> Event:
    """A recording that was left open is its attempt's, and closed with that (see tasks/settle_recordings.py)."""
    sweep = Sweep(event)
    for arn, session_id, number in list(store().leases()):
        if not store().tended(session_id, number):
            sweep.find("lease", arn, "release", partial(store().release, arn, session_id, number))
    for name in store().account().reservations.keys() - {attempt.name for attempt in store().open_attempts()}:
        if not store().tended(*Attempt.named(name)):  # of an attempt whose row is gone: its end gives it back
            sweep.find("reservation", name, "release", partial(store().give_back, name))
    waits = list(store().old_waits(GRACE_SECONDS))
    # Asked for after the waits: an execution that stands in one of them runs now.
    running = {*running_sessions(), *running_cleanups()} if waits else set()
    for wait in waits:
        if wait.execution not in running:
            sweep.find("token", _name(wait), "forget", partial(store().delete_wait, wait))
    return sweep.answer


def _name(wait: Wait) -> str:
    return f"{wait.execution} {wait.until}"
