"""The guards: a session that nobody looks after ends by itself, and says so ten minutes and one minute before.

Every look of a wait asks them, as often as the wait times out. A moment before the next look has an execution of
`wake.asl.json`, which sleeps until then and looks; should it be lost, the next look does the same, only later.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from showrunner import bus, clock, executions, fallback, medialive, picture
from showrunner.session import SLATE, Attempt, NoPicture, Session, isotime, moment
from showrunner.store import store

WARN_SECONDS = (600, 60)  # before the end
LOOK_SECONDS = 330  # between two looks of a wait, at most: Live's time-out, and some for its Retry


@dataclass(frozen=True)
class Deadline:
    """When a session ends by itself, `seconds` after what began it: `after` says of what, `unless` how to go on."""

    kind: Literal["not-started", "no-input", "longest", "idle"]
    at: datetime
    seconds: int
    after: str
    unless: str

    def __str__(self) -> str:
        return f"{self.seconds} s {self.after}"

    @property
    def text(self) -> str:
        return f"Ends at {isotime(self.at)}, after {self}, unless {self.unless}"


def told(session: Session, attempt: Attempt) -> list[Deadline]:
    """When the session ends by itself, as the table has it: for who looks on, without a question to AWS."""
    match session.state:
        case "ready" if attempt.start_requested_at is None:
            seconds = session.limits.ready_seconds
            at = moment(attempt.created_at) + timedelta(seconds=seconds)
            return [Deadline("not-started", at, seconds, "without a start", "it is started")]
        case "waiting_for_input":
            return list(before_the_show(session, attempt))
        case "live":
            idle_since = _idle_since(attempt, attempt.on_air, attempt.on_air_action, attempt.lost_picture)
            return list(_of_the_show(session, attempt, idle_since))
    return []


def before_the_show(session: Session, attempt: Attempt) -> Iterator[Deadline]:
    """How long the first input, or the slate, is waited for."""
    seconds = session.limits.input_seconds
    if attempt.running_at:
        at = moment(attempt.running_at) + timedelta(seconds=seconds)
        unless = "it is live" if attempt.hold else f"somebody publishes to '{session.sources[0].name}'"
        yield Deadline("no-input", at, seconds, "without input", unless)


def of_the_show(session: Session, attempt: Attempt, channel: medialive.Channel) -> Iterator[Deadline]:
    """How long it may be on air, and how long without a picture of anybody's."""
    lost = picture.lost(session, channel)
    yield from _of_the_show(session, attempt, _idle_since(attempt, channel.on_air, channel.action, lost))


def _of_the_show(session: Session, attempt: Attempt, idle_since: datetime | None) -> Iterator[Deadline]:
    if at := ends_at(session, attempt):
        yield Deadline("longest", at, _longest(session, attempt), "on air", "it is extended")
    if (seconds := session.limits.idle_seconds) and idle_since:
        unless = "a source with a picture is on air"
        yield Deadline("idle", idle_since + timedelta(seconds=seconds), seconds, "without a picture", unless)


def ends_at(session: Session, attempt: Attempt) -> datetime | None:
    """When the show has been on air for as long as it may be."""
    if attempt.live_at is None:
        return None
    return moment(attempt.live_at) + timedelta(seconds=_longest(session, attempt))


def over(session: Session, attempt: Attempt, deadlines: Iterable[Deadline]) -> Deadline | None:
    """The deadline that has come. Of those to come warn in time, and have the session looked at when it matters."""
    now, next_looks = clock.now(), []
    for deadline in deadlines:
        left = (deadline.at - now).total_seconds()
        if left <= 0:
            return deadline
        warnings = [seconds for seconds in WARN_SECONDS if seconds < deadline.seconds]
        if due := [seconds for seconds in warnings if left <= seconds]:
            _warn(session, attempt, deadline, min(due))
        next_looks.append(deadline.at - timedelta(seconds=max((each for each in warnings if each < left), default=0)))
    if next_looks and (first := min(next_looks)) - now < timedelta(seconds=LOOK_SECONDS):
        executions.start_wake(attempt, first)
    return None


def _warn(session: Session, attempt: Attempt, deadline: Deadline, before: int) -> None:
    at, text = isotime(deadline.at), deadline.text
    if store().note(session.id, attempt.number, deadline.kind, text, of=f"{at}#{before}"):
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
