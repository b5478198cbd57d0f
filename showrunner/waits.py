"""The wait: a state machine stands still until AWS has got somewhere.

One rule serves every wait. The task stores its token first and looks second, so that an event in between is
not lost; an event's reaction looks too, and wakes only if what it looks for is so; a lost event costs one
time-out of the state, whose Retry runs the same task again. Events are hints: nobody acts on one unseen.

CONDITIONS is the list of what can be waited for. A condition looks at AWS and at the table and answers
`Reached`, `Waiting`, or `Failed` when it can never be reached.
"""

import json
from collections.abc import Callable, Collection

from botocore.exceptions import ClientError
from msgspec import Struct

from showrunner import aws, budget, fallback, guards, ivs, medialive, picture, stream
from showrunner.errors import OutputInUse
from showrunner.session import HOLDING, MEANING, Attempt, Session, State, seconds_since
from showrunner.store import Wait, store

LEASE_SECONDS = 3600  # of a borrowed IVS channel; renewed at each look of a session, and longer than a slow cleanup
SETTLING_SECONDS = 30  # a description may be older than the call before it; AWS promises nothing


class Reached(Struct, frozen=True):
    """It is so."""


class Waiting(Struct, frozen=True):
    """Not yet."""


class Failed(Struct, frozen=True):
    """It never will be: `error` is what the state machine catches, `cause` a sentence for a person."""

    error: str
    cause: str


Outcome = Reached | Waiting | Failed
Condition = Callable[[Session, Attempt], Outcome]

STOPPED = Failed("StopRequested", "The session was asked to stop.")
CHANNEL_STOPPED = Failed("ChannelStopped", "The MediaLive channel was stopped by somebody else.")
# An output that has used up its retries stops, and a channel with its last output.
STREAM_LOST = Failed("StreamLost", "The channel lost IVS, could not connect again, and has stopped.")
CHANNEL_GONE = Failed("ChannelGone", "The MediaLive channel was deleted by somebody else.")
OUTPUT_GONE = Failed("OutputGone", "The IVS channel was deleted by somebody else.")


def _state(attempt: Attempt) -> str | None:
    found = medialive.channel(attempt.channel_id)
    return found.state if found else None


def channel_idle(session: Session, attempt: Attempt) -> Outcome:
    match _state(attempt):
        case "IDLE" | "STARTING" | "RUNNING":  # further on than asked: an earlier run got there
            return Reached()
        case "CREATING" | "UPDATING":
            return Waiting()
        case "CREATE_FAILED":
            return Failed("ChannelCreateFailed", "MediaLive could not create the channel. Start again.")
        case _:
            return CHANNEL_GONE


def start_requested(session: Session, attempt: Attempt) -> Outcome:
    if attempt.start_requested_at:
        return Reached()
    _advance(session, attempt, "ready", "Everything is made; waiting for the start")
    if seconds_since(attempt.created_at) > session.limits.ready_seconds:
        return Failed("NotStarted", f"Prepared, but not started within {session.limits.ready_seconds} s.")
    return CHANNEL_GONE if _state(attempt) is None else Waiting()


def channel_running(session: Session, attempt: Attempt) -> Outcome:
    match _state(attempt):
        case "RUNNING":
            store().mark(session.id, attempt.number, "running_at")
            return Reached()
        case "STARTING" | "RECOVERING":
            return Waiting()
        case "IDLE" if seconds_since(session.updated_at) < SETTLING_SECONDS:  # StartChannel was accepted just now
            return Waiting()
        case None:
            return CHANNEL_GONE
        case _:
            return CHANNEL_STOPPED


def stream_live(session: Session, attempt: Attempt) -> Outcome:
    if attempt.ivs_channel_arn:
        has_stream = ivs.is_live(attempt.ivs_channel_arn)
        if has_stream is None:
            return OUTPUT_GONE
        if has_stream:
            return Reached()
    match _state(attempt):
        case "RUNNING" | "RECOVERING":
            meaning = HOLDING if attempt.hold else MEANING["waiting_for_input"].replace("{id}", session.id)
            _advance(session, attempt, "waiting_for_input", meaning)
        case None:
            return CHANNEL_GONE
        case _:
            return CHANNEL_STOPPED
    over = guards.over(session, attempt, guards.before_the_show(session, attempt))
    if over is None:
        return Waiting()
    if over.kind != "no-input":
        _note_limit(attempt, over)
        return STOPPED
    what = "IVS did not get the slate" if attempt.hold else f"Nobody published to '{session.sources[0].name}'"
    return Failed("NoInput", f"{what} within {guards.longest_wait(session, attempt)} s.")


def show_over(session: Session, attempt: Attempt) -> Outcome:
    """On air until the producer stops, a limit is reached, or the channel is no more."""
    if store().mark(session.id, attempt.number, "live_at"):
        attempt = store().attempt(session.id, attempt.number)
    _advance(session, attempt, "live", "On air, with the slate" if attempt.hold else "On air")
    channel = medialive.channel(attempt.channel_id)
    if channel is None:
        return CHANNEL_GONE
    if not channel.runs:
        return STREAM_LOST if attempt.stream_lost_at else CHANNEL_STOPPED
    stream.notice(attempt, channel)
    if channel.on_air:
        switch = attempt.switches.get(channel.action or "")
        store().on_air(session.id, attempt.number, channel.on_air, switch)
    attempt = store().attempt(session.id, attempt.number)
    picture.notice(session, attempt, channel)
    fallback.notice(session, attempt, channel, again=True)  # should the event of it be lost
    guards.remind(session, attempt)
    over = guards.over(session, attempt, guards.of_the_show(session, attempt, channel))
    if over is None:
        return Waiting()
    if over.kind == "no-stream":
        return Failed("StreamLost", f"IVS had no stream of the running channel for {session.limits.input_seconds} s.")
    _note_limit(attempt, over)
    return Reached()


def _advance(session: Session, attempt: Attempt, to: State, text: str) -> None:
    """A wait looks many times, and the session moves once."""
    if session.state != to:
        store().advance(session.id, attempt.number, to, text)


def _note_limit(attempt: Attempt, over: guards.Deadline) -> None:
    store().note(attempt.session_id, attempt.number, "limit", f"Ended after {over.after}")


def channel_stopped(session: Session, attempt: Attempt) -> Outcome:
    match _state(attempt):
        case "RUNNING" | "STARTING" | "STOPPING" | "RECOVERING" | "CREATING" | "UPDATING":
            return Waiting()
        case _:
            if attempt.running_at:
                store().mark(session.id, attempt.number, "stopped_at")
                budget.tell(session, store().attempt(session.id, attempt.number))
            return Reached()


def channel_deleted(session: Session, attempt: Attempt) -> Outcome:
    return Reached() if _state(attempt) is None else Waiting()


# What a session's own execution waits for; a stop ends any of these.
SESSION_CONDITIONS: dict[str, Condition] = {
    "channel_idle": channel_idle,
    "start_requested": start_requested,
    "channel_running": channel_running,
    "stream_live": stream_live,
    "show_over": show_over,
}
CLEANUP_CONDITIONS: dict[str, Condition] = {
    "channel_stopped": channel_stopped,
    "channel_deleted": channel_deleted,
}
CONDITIONS = SESSION_CONDITIONS | CLEANUP_CONDITIONS


def _lost_output(attempt: Attempt) -> Failed | None:
    """Renew the lease of a borrowed channel, which is needed as long while nobody starts or publishes as on air."""
    if attempt.ivs_borrowed and attempt.ivs_channel_arn:
        try:
            store().lease(attempt.ivs_channel_arn, attempt.session_id, attempt.number, LEASE_SECONDS)
        except OutputInUse as error:
            return Failed("OutputInUse", error.message)
    return None


def look(session_id: str, attempt: int, until: str) -> Outcome:
    """How it stands with the condition named `until`, asked of AWS and of the table now."""
    this = store().attempt(session_id, attempt)
    if until in SESSION_CONDITIONS:
        if this.stopping:
            return STOPPED
        if lost := _lost_output(this):
            return lost
    return CONDITIONS[until](store().session(session_id), this)


def settle(wait: Wait) -> bool:
    """Look, and wake who waits if it is decided; True if it was."""
    outcome = look(wait.session_id, wait.attempt, wait.until)
    if isinstance(outcome, Waiting):
        return False
    send(wait, outcome)
    return True


def send(wait: Wait, outcome: Reached | Failed) -> None:
    """Wake the execution. A token that was used before, or timed out, is normal: somebody was faster."""
    try:
        if isinstance(outcome, Reached):
            aws.stepfunctions().send_task_success(taskToken=wait.token, output=json.dumps({}))
        else:
            aws.stepfunctions().send_task_failure(taskToken=wait.token, error=outcome.error, cause=outcome.cause)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken"):
            raise
    store().delete_wait(wait)


def wake(session_id: str, attempt: int, conditions: Collection[str]) -> list[Wait]:
    """Settle the attempt's waits for any of `conditions`; those that still wait are returned."""
    return [w for w in store().waits(session_id, attempt) if w.until in conditions and not settle(w)]


def stop(session_id: str, attempt: int) -> None:
    """End the waits of the session's own execution; its flag must have been set before."""
    for wait in store().waits(session_id, attempt):
        if wait.until in SESSION_CONDITIONS:
            send(wait, STOPPED)
