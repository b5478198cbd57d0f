"""How a session stands, for who looks on: what it does now, who publishes, and what is wrong.

Pure: it is told by the table alone, which looks and events keep; AWS is asked nothing.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from showrunner import budget, guards
from showrunner.budget import ALL, NEAR
from showrunner.guards import WARN_SECONDS, Deadline
from showrunner.session import NO_STREAM, Attempt, Session, isotime

# By the states of session.asl.json.
STEPS = {
    "Provision": "The IVS channel and the inputs are being made.",
    "CreateChannel": "The MediaLive channel is asked for.",
    "WaitChannelIdle": "MediaLive makes the channel.",
    "WaitStart": "Everything is made, and waits for the start.",
    "StartChannel": "MediaLive is asked to start the channel.",
    "WaitChannelRunning": "MediaLive starts the channel: about 3 minutes on AWS, and up to 10 are normal.",
    "WaitStreamLive": "The channel runs, and IVS does not have its stream yet.",
    "Live": "IVS has the stream.",
    "Cleanup": "Everything that was made is being removed.",
}


class Step(Struct, frozen=True):
    """What the session's execution does now, by the name of its state, and since when."""

    name: str
    since: str
    message: str


class IngestState(Struct, frozen=True):
    """Whether somebody publishes to a source. MediaLive tells of the one on air alone. `since`: of a "no"."""

    source: str
    publishing: Literal["yes", "no", "unknown"]
    since: str | None = None


class SessionWarning(Struct, frozen=True):
    """What a producer should know of a show at once, and since when it is so."""

    kind: Literal["stream-lost", "no-picture", "starving", "unattended", "budget", "ends-soon"]
    since: str
    message: str


def step(session: Session, attempt: Attempt) -> Step | None:
    """None while nothing of the session exists."""
    name, since = _step(session, attempt)
    return Step(name, since or session.state_at, STEPS[name]) if name else None


def _step(session: Session, attempt: Attempt) -> tuple[str, str | None]:
    match session.state:
        case "preparing" if attempt.channel_id:
            return "WaitChannelIdle", attempt.made_at
        case "preparing" if attempt.ivs_channel_arn and len(attempt.inputs) > len(session.sources):
            return "CreateChannel", attempt.made_at
        case "preparing":
            return "Provision", session.state_at
        case "ready" if attempt.start_requested_at:
            return "StartChannel", attempt.start_requested_at
        case "ready":
            return "WaitStart", session.state_at
        case "starting" if not attempt.running_at:
            return "WaitChannelRunning", session.state_at
        case "starting" | "waiting_for_input":
            return "WaitStreamLive", attempt.running_at
        case "live":
            return "Live", attempt.live_at
        case "stopping":
            return "Cleanup", session.state_at
    return "", None


def ingest(session: Session, attempt: Attempt | None) -> list[IngestState]:
    """Of each source that is published to."""
    return [_ingest(session, attempt, name) for name in session.pushed]


def _ingest(session: Session, attempt: Attempt | None, name: str) -> IngestState:
    if attempt is None or not session.switchable or name != _active(session, attempt):
        return IngestState(name, "unknown")
    if session.state == "waiting_for_input":
        return IngestState(name, "no", attempt.running_at)
    lost = attempt.lost_picture
    return IngestState(name, "no", lost.since) if lost else IngestState(name, "yes")


def _active(session: Session, attempt: Attempt) -> str | None:
    """The source on air; before the show, and before MediaLive has told, what the channel begins with."""
    first = session.state == "waiting_for_input" and not attempt.hold
    return attempt.on_air or (session.sources[0].name if first else None)


def warnings(session: Session, attempt: Attempt, deadlines: list[Deadline], now: datetime) -> Iterator[SessionWarning]:
    """`deadlines`: when the session ends by itself."""
    if session.state == "live":
        if attempt.stream_lost_at:
            yield SessionWarning("stream-lost", attempt.stream_lost_at, NO_STREAM)
        if lost := attempt.lost_picture:
            yield SessionWarning("no-picture", lost.since, f"'{lost.source}' is on air, and MediaLive gets no picture.")
        if attempt.starving_at:
            yield SessionWarning("starving", attempt.starving_at, "IVS gets too little: viewers see it stutter.")
        if (since := guards.unattended(session, attempt)) and since <= now:
            yield SessionWarning("unattended", isotime(since), guards.unattended_text(session))
    if session.switchable:
        yield from _of_budgets(session, attempt, now)
    for deadline in deadlines:
        since = deadline.at - timedelta(seconds=max(WARN_SECONDS))
        if since <= now:
            yield SessionWarning("ends-soon", isotime(since), deadline.text)


def _of_budgets(session: Session, attempt: Attempt, now: datetime) -> Iterator[SessionWarning]:
    """Of its own by the table alone; of a month's what the guards have told the attempt."""
    for each in budget.of_start(session, attempt):
        for percent in (ALL, NEAR):
            if (since := each.reached(percent)) and since <= now:
                yield SessionWarning("budget", isotime(since), budget.text(each, percent))
                break
    for told in attempt.month_warnings.values():
        yield SessionWarning("budget", told.since, told.message)
