"""The guards: a session that nobody looks after ends by itself, and says so ten minutes and one minute before.

So does one whose budget is used up, if that is to stop it (showrunner/budget.py).

Every look of a wait asks them, as often as the wait times out. A moment before the next look has an execution of
`wake.asl.json`, which sleeps until then and looks; the event of a loss starts one too. Should either be lost, the next
look does the same, only later.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from showrunner import budget, bus, clock, executions, fallback, medialive, picture
from showrunner.budget import ALL, NEAR, Budget
from showrunner.running_order import order
from showrunner.session import (
    LEAST_EXTENSION,
    LONGEST_SHOW,
    LONGEST_START,
    LONGEST_WAIT,
    SLATE,
    Attempt,
    NoPicture,
    Session,
    isotime,
    moment,
)
from showrunner.store import store

Kind = Literal["not-started", "no-input", "longest", "no-stream", "idle", "budget"]
WARN_SECONDS = (600, 60)  # before the end
LOOK_SECONDS = 330  # between two looks of a wait, at most: Live's time-out, and some for its Retry


class Deadline(Struct, frozen=True):
    """When a session ends by itself: `after` says of what, `unless` how to go on, None if there is no way.

    `warnings`: seconds before; each is said once of a `mark`.
    """

    kind: Kind
    at: datetime
    after: str
    unless: str | None
    warnings: tuple[int, ...]
    mark: str

    @property
    def text(self) -> str:
        ends = f"Ends at {isotime(self.at)}, after {self.after}"
        return f"{ends}, unless {self.unless}" if self.unless else ends


def _after(kind: Kind, since: datetime, seconds: int, what: str, unless: str | None) -> Deadline:
    """Of a limit in seconds."""
    at = since + timedelta(seconds=seconds)
    warnings = tuple(each for each in WARN_SECONDS if each < seconds)
    return Deadline(kind, at, f"{seconds} s {what}", unless, warnings, isotime(at))


def told(session: Session, attempt: Attempt) -> list[Deadline]:
    """When the session ends by itself, as the table has it: for who looks on, without a question to AWS."""
    match session.state:
        case "ready" if attempt.start_requested_at is None:
            since, seconds = moment(attempt.created_at), session.limits.ready_seconds
            return [_after("not-started", since, seconds, "without a start", "it is started")]
        case "starting" | "waiting_for_input":
            return [*before_the_show(session, attempt), *_of_budgets(budget.of_start(session, attempt))]
        case "live":
            idle_since = _idle_since(session, attempt, attempt.on_air, attempt.on_air_action, attempt.lost_picture)
            of_show = _of_the_show(session, attempt, idle_since)
            return [*of_show, *_of_budgets(budget.of_start(session, attempt))]
    return []


def before_the_show(session: Session, attempt: Attempt) -> Iterator[Deadline]:
    """How long the first input, or the slate, is waited for."""
    if not attempt.running_at:
        return
    if session.limits.input_seconds:
        unless = "it is live" if attempt.hold else f"somebody publishes to '{session.sources[0].name}'"
        unless += " or it is extended" if left_to_wait(session, attempt) else ""
        yield _after("no-input", moment(attempt.running_at), longest_wait(session, attempt), "without input", unless)
    else:
        yield _of_the_start(attempt)


def _of_the_start(attempt: Attempt) -> Deadline:
    """Where nothing else limits it."""
    return _after(
        "longest", moment(attempt.created_at), LONGEST_START, "since its start, as long as one can last", None
    )


def of_the_show(session: Session, attempt: Attempt, channel: medialive.Channel) -> Iterator[Deadline]:
    """How long it may be on air, and how long without a picture of anybody's."""
    lost = picture.lost(session, channel)
    idle_since = _idle_since(session, attempt, channel.on_air, channel.action, lost)
    yield from _of_the_show(session, attempt, idle_since)


def _of_the_show(session: Session, attempt: Attempt, idle_since: datetime | None) -> Iterator[Deadline]:
    if longest := _on_air(session, attempt):
        yield longest
    if (lost := attempt.stream_lost_at) and (seconds := session.limits.input_seconds):
        yield _after("no-stream", moment(lost), seconds, "without a stream on IVS", "IVS has the stream again")
    if (seconds := session.limits.idle_seconds) and idle_since:
        yield _after("idle", idle_since, seconds, "without a picture", "a source with a picture is on air")


def _on_air(session: Session, attempt: Attempt) -> Deadline | None:
    """By its own limit, or by that of a start where it has none, or has waited for long without one."""
    if attempt.live_at is None:
        return None
    of_start = _of_the_start(attempt)
    if not session.limits.live_seconds:
        return of_start
    left = left_on_air(session, attempt)
    unless, what = ("it is extended", "on air") if left else (None, "on air, as long as a show can be")
    of_show = _after("longest", moment(attempt.live_at), _longest(session, attempt), what, unless)
    return min(of_show, of_start, key=lambda deadline: deadline.at)


def ends_at(session: Session, attempt: Attempt) -> datetime | None:
    """When the show has been on air for as long as it may be."""
    longest = _on_air(session, attempt)
    return longest.at if longest else None


def left_to_wait(session: Session, attempt: Attempt) -> int:
    """By how many seconds the wait for the first input can be extended."""
    return _left(LONGEST_WAIT - longest_wait(session, attempt)) if session.limits.input_seconds else 0


def left_on_air(session: Session, attempt: Attempt) -> int:
    """By how many seconds the show can be extended."""
    return _left(LONGEST_SHOW - _longest(session, attempt)) if session.limits.live_seconds else 0


def _left(seconds: int) -> int:
    return seconds if seconds >= LEAST_EXTENSION else 0


def wait_ends_at(session: Session, attempt: Attempt) -> datetime | None:
    """When the first input has been waited for as long as it may be."""
    return next((each.at for each in before_the_show(session, attempt)), None)


def over(session: Session, attempt: Attempt, deadlines: Iterable[Deadline]) -> Deadline | None:
    """The deadline that has come, of these or of a budget. Of those to come warn in time, and have the session looked
    at when it matters.
    """
    budget.tell(session, attempt)
    budgets = budget.standing(session, attempt)
    now, next_looks = clock.now(), [at for each in budgets for at in _marks(each)]
    for each in budgets:
        budget.warn(session, attempt, each)
    for deadline in (*deadlines, *_of_budgets(budgets)):
        left = (deadline.at - now).total_seconds()
        if left <= 0:
            return deadline
        if due := [seconds for seconds in deadline.warnings if left <= seconds]:
            _warn(session, attempt, deadline, min(due))
        next_looks.append(_next_moment(deadline, now))
    _look_in_time(attempt, next_looks, now)
    return None


def foresee(attempt: Attempt, deadlines: Iterable[Deadline]) -> None:
    """Have the session looked at when it matters, as `over` does: what was lost between two looks may end it before the
    next one.
    """
    if attempt.live_at and not attempt.stopping:
        now = clock.now()
        _look_in_time(attempt, [_next_moment(each, now) for each in deadlines], now)


def _look_in_time(attempt: Attempt, moments: list[datetime], now: datetime) -> None:
    """At the first of them, if no look comes before it."""
    if moments and (first := min(moments)) - now < timedelta(seconds=LOOK_SECONDS):
        executions.start_wake(attempt, first)


def _next_moment(deadline: Deadline, now: datetime) -> datetime:
    """When it is to be warned of next, or has come."""
    left = (deadline.at - now).total_seconds()
    before = max((each for each in deadline.warnings if each < left), default=0)
    return deadline.at - timedelta(seconds=before)


def _marks(budget: Budget) -> Iterator[datetime]:
    """When so much of it will be used up that it is to be said."""
    for percent in (NEAR, ALL):
        if budget.percent < percent and (at := budget.reached(percent)):
            yield at


def _of_budgets(budgets: Iterable[Budget]) -> Iterator[Deadline]:
    for each in budgets:
        if each.stops and (at := each.reached()):
            yield Deadline("budget", at, str(each), "it is raised", WARN_SECONDS, each.mark)


def _warn(session: Session, attempt: Attempt, deadline: Deadline, before: int) -> None:
    at, text = isotime(deadline.at), deadline.text
    if store().note(session.id, attempt.number, deadline.kind, text, of=f"{deadline.mark}#{before}"):
        detail = {"session_id": session.id, "attempt": attempt.number, "warning": "EndsSoon", "message": text}
        bus.publish("Session Warning", {**detail, "ends_at": at})


def unattended(session: Session, attempt: Attempt) -> datetime | None:
    """From when on it is worth a word that a show began with the slate, and nobody has taken a source since.

    It goes on: who holds is not idle.
    """
    alone = attempt.hold and attempt.on_air == SLATE and attempt.on_air_action is None
    if alone and attempt.live_at and (seconds := session.limits.input_seconds):
        return moment(attempt.live_at) + timedelta(seconds=seconds)
    return None


def unattended_text(session: Session) -> str:
    return (
        f"Nobody has taken a source for {session.limits.input_seconds} s: the slate alone is on air, and costs as much."
    )


def remind(session: Session, attempt: Attempt) -> None:
    """Say it once."""
    since, message = unattended(session, attempt), unattended_text(session)
    if since and since <= clock.now() and store().note(session.id, attempt.number, "unattended", message):
        detail = {"session_id": session.id, "attempt": attempt.number, "warning": "Unattended", "message": message}
        bus.publish("Session Warning", detail)


def longest_wait(session: Session, attempt: Attempt) -> int:
    """How many seconds the first input is waited for."""
    return session.limits.input_seconds + attempt.extended_wait


def _longest(session: Session, attempt: Attempt) -> int:
    return session.limits.live_seconds + attempt.extended_seconds


def _idle_since(
    session: Session, attempt: Attempt, on_air: str | None, action: str | None, lost: NoPicture | None
) -> datetime | None:
    """Since when nobody's picture is on air, or from when on if nothing is done.

    The source there has none, or its file is over and nothing follows; or the slate is there since one was lost.
    """
    if on_air == SLATE and fallback.is_ours(action):
        return moment(attempt.on_air_at) if attempt.on_air_at else None
    if on_air == session.file_source == attempt.on_air and attempt.on_air_until:
        over_at = moment(attempt.on_air_until)
        alone = [turn.action for turn in order(attempt)] == [attempt.on_air_action]
        return over_at if alone or over_at <= clock.now() else None
    if attempt.live_at and lost:
        return max(moment(attempt.live_at), moment(lost.since))
    return None
