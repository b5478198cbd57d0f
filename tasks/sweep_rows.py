"""Give back leases, reservations and places, and forget task tokens that nobody needs any more."""

from functools import partial
from typing import Any

from showrunner.executions import running_cleanups, running_sessions
from showrunner.orphans import GRACE_SECONDS
from showrunner.session import Attempt
from showrunner.store import Wait, store
from showrunner.store.places import STAGE
from showrunner.sweep import Sweep

Event = dict[str, Any]


def handler(event: Event, context: object) -> Event:
    """A recording that was left open is its attempt's, and closed with that (see tasks/settle_recordings.py)."""
    sweep = Sweep(event)
    for arn, session_id, number in list(store().leases()):
        if not store().tended(session_id, number):
            sweep.find("lease", arn, "release", partial(store().release, arn, session_id, number))
    reserved, places = store().account().reservations.keys(), store().places()
    open_attempts = {attempt.name: attempt for attempt in store().open_attempts()}
    # Of attempts whose rows are gone: the end of an attempt gives back what it has.
    for name in (reserved | places.keys()) - open_attempts.keys():
        if store().tended(*Attempt.named(name)):
            continue
        if name in reserved:
            sweep.find("reservation", name, "release", partial(store().give_back, name))
        if name in places:
            sweep.find("place", name, "release", partial(store().leave_places, name, places[name], STAGE))
    for name in open_attempts.keys() - places.keys():
        if open_attempts[name].closing_at is None:  # begun by a release that knew no places
            sweep.find("place", name, "take", partial(_take_places, open_attempts[name]))
    waits = list(store().old_waits(GRACE_SECONDS))
    # Asked for after the waits: an execution that stands in one of them runs now.
    running = {*running_sessions(), *running_cleanups()} if waits else set()
    for wait in waits:
        if wait.execution not in running:
            sweep.find("token", _name(wait), "forget", partial(store().delete_wait, wait))
    return sweep.answer


def _take_places(attempt: Attempt) -> None:
    store().take_missing_places(attempt.name, store().session(attempt.session_id).owner)


def _name(wait: Wait) -> str:
    return f"{wait.execution} {wait.until}"
