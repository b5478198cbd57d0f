"""Give back leases, reservations and places, forget task tokens that nobody needs any more, and end lost rates."""

from collections import Counter
from functools import partial
from typing import Any

from showrunner import clock
from showrunner.errors import SessionNotFound
from showrunner.executions import running_cleanups, running_sessions
from showrunner.orphans import GRACE_SECONDS, age
from showrunner.session import Attempt, month_of
from showrunner.store import Wait, store
from showrunner.store.places import STAGE
from showrunner.store.spending import Spent, of_owner
from showrunner.sweep import SEEN, Sweep

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
    _end_rates(sweep, open_attempts, places)
    waits = list(store().old_waits(GRACE_SECONDS))
    # Asked for after the waits: an execution that stands in one of them runs now.
    running = {*running_sessions(), *running_cleanups()} if waits else set()
    for wait in waits:
        if wait.execution not in running:
            sweep.find("token", _name(wait), "forget", partial(store().delete_wait, wait))
    return sweep.answer


def _end_rates(sweep: Sweep, open_attempts: dict[str, Attempt], places: dict[str, str]) -> None:
    """A sum of this month that goes on by what no attempt costs, as it does where the table has lost its row, stays as
    it is now. Seen twice; and read before the attempts, for one that tells what it costs meanwhile changes its sums.
    """
    month = month_of(clock.now())
    if store().spent(month).rate == sum(_rate(attempt, month) for attempt in open_attempts.values()):
        return
    sums, due = dict(store().sums(month)), Counter[str]()
    for attempt in store().attempts(open_attempts.keys() | places.keys()):  # the index lags
        due[STAGE] += _rate(attempt, month)
        due[of_owner(places.get(attempt.name) or _owner(attempt))] += _rate(attempt, month)
    if lost := sums[STAGE].rate - due[STAGE]:
        old = age(sweep, f"rate {month} {lost}") >= GRACE_SECONDS
        sweep.find("rate", month, *(("end", partial(_go_on, month, sums, due)) if old else (SEEN,)))


def _go_on(month: str, sums: dict[str, Spent], due: Counter[str]) -> None:
    """The stage's last, by which the others are found: what is left for the next sweep is seen by it."""
    for whose in sorted(sums):
        seen = sums[whose]
        if seen.rate != due[whose] and not store().go_on(month, whose, seen, due[whose]):
            return


def _rate(attempt: Attempt, month: str) -> int:
    share = attempt.spending.get(month)
    return share.rate if share else 0


def _owner(attempt: Attempt) -> str:
    """Nobody where the session's row is lost, too."""
    try:
        return store().session(attempt.session_id).owner
    except SessionNotFound:
        return ""


def _take_places(attempt: Attempt) -> None:
    store().take_missing_places(attempt.name, store().session(attempt.session_id).owner)


def _name(wait: Wait) -> str:
    return f"{wait.execution} {wait.until}"
