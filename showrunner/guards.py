"""The guards: a session that nobody looks after ends by itself, and says so ten minutes and one minute before.

So does one whose budget is used up, if that is to stop it (showrunner/budget.py).

Every look of a wait asks them, as often as the wait times out. A moment before the next look has an execution of
`wake.asl.json`, which sleeps until then and looks; should it be lost, the next look does the same, only later.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from showrunner import budget, bus, clock, executions, fallback, medialive, picture
from showrunner.budget import ALL, NEAR, Budget
from showrunner.session import SLATE, Attempt, NoPicture, Session, isotime, moment
from showrunner.store import store

Kind = Literal["not-started", "no-input", "longest", "idle", "budget"]
WARN_SECONDS = (600, 60)  # before the end
LOOK_SECONDS = 330  # between two looks of a wait, at most: Live's time-out, and some for its Retry


@dataclass(frozen=True)
class Deadline:
    """When a session ends by itself: `after` says of what, `unless` how to go on.

    `warnings`: seconds before; each is said once of a `mark`.
    """

    kind: Kind
    at: datetime
    after: str
    unless: str
    warnings: tuple[int, ...]
    mark: str

    @property
    def text(self) -> str:
        return f"Ends at {isotime(self.at)}, after {self.after}, unless {self.unless}"


def _after(kind: Kind, since: datetime, seconds: int, what: str, unless: str) -> Deadline:
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
        case "waiting_for_input":
            return [*before_the_show(session, attempt), *_of_budgets(budget.of_start(session, attempt))]
        case "live":
            idle_since = _idle_since(attempt, attempt.on_air, attempt.on_air_action, attempt.lost_picture)
            of_show = _of_the_show(session, attempt, idle_since)
            return [*of_show, *_of_budgets(budget.of_start(session, attempt))]
    return []


def before_the_show(session: Session, attempt: Attempt) -> Iterator[Deadline]:
    """How long the first input, or the slate, is waited for."""
    if attempt.running_at:
        unless = "it is live" if attempt.hold else f"somebody publishes to '{session.sources[0].name}'"
        yield _after("no-input", moment(attempt.running_at), session.limits.input_seconds, "without input", unless)


def of_the_show(session: Session, attempt: Attempt, channel: medialive.Channel) -> Iterator[Deadline]:
    """How long it may be on air, and how long without a picture of anybody's."""
    lost = picture.lost(session, channel)
    yield from _of_the_show(session, attempt, _idle_since(attempt, channel.on_air, channel.action, lost))


def _of_the_show(session: Session, attempt: Attempt, idle_since: datetime | None) -> Iterator[Deadline]:
    if attempt.live_at:
        yield _after("longest", moment(attempt.live_at), _longest(session, attempt), "on air", "it is extended")
    if (seconds := session.limits.idle_seconds) and idle_since:
        yield _after("idle", idle_since, seconds, "without a picture", "a source with a picture is on air")


def ends_at(session: Session, attempt: Attempt) -> datetime | None:
    """When the show has been on air for as long as it may be."""
    if attempt.live_at is None:
        return None
    return moment(attempt.live_at) + timedelta(seconds=_longest(session, attempt))


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
        before = max((each for each in deadline.warnings if each < left), default=0)
        next_looks.append(deadline.at - timedelta(seconds=before))
    if next_looks and (first := min(next_looks)) - now < timedelta(seconds=LOOK_SECONDS):
        executions.start_wake(attempt, first)
    return None


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


def _longest(session: Session, attempt: Attempt) -> int:
    return session.limits.live_seconds + attempt.extended_seconds


def _idle_since(attempt: Attempt, on_air: str | None, action: str | None, lost: NoPicture | None) -> datetime | None:
    """Since when nobody's picture is on air: the source there has none, or the slate is since it was lost."""
    if on_air == SLATE and fallback.is_ours(action):
        return moment(attempt.on_air_at) if attempt.on_air_at else None
    if attempt.live_at and lost:
        return max(moment(attempt.live_at), moment(lost.since))
    return None
