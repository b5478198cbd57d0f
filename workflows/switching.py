"""The source buttons: which of a session's sources is on air.

A switch is asked of MediaLive by a schedule action, and asking is not having: a source is on air when PipelineDetails
says so. The event of the change brings the look at once; every look of Live brings it late.
"""

import hashlib
import uuid
from datetime import UTC, datetime

from botocore.exceptions import ClientError

from showrunner import medialive
from showrunner.api import Answer, Call
from showrunner.errors import Conflict, InvalidRequest
from showrunner.session import SLATE, Attempt, Session, now
from showrunner.store import store
from showrunner.switch import Switch
from workflows.requests import Nothing, SourceWish
from workflows.sessions import mine

BEFORE_THE_SHOW = ("preparing", "ready", "starting")
TAKES_SWITCHES = ("IDLE", "STARTING", "RUNNING", "RECOVERING")  # a channel that does not run performs them when it does


def take(call: Call[SourceWish], session_id: str) -> Answer:
    """Put a source on air now; 202 until it is confirmed, 200 if it is on air already."""
    session = mine(call.caller, session_id)
    source = _source(session, call.body.source)
    if session.state not in ("waiting_for_input", "live"):
        raise Conflict(f"Session '{session_id}' is {session.state}; sources can be switched once its channel runs.")
    attempt = store().attempt(session_id, session.attempt)
    channel = medialive.channel(attempt.channel_id)
    if channel is None or channel.state != "RUNNING":
        raise Conflict(f"The channel of session '{session_id}' is not running now. Try again in a moment.")
    attempt = _confirmed(attempt, channel)
    if channel.on_air == source and attempt.taking is None:
        return Answer(200, {"message": f"'{source}' is on air.", "on_air": source, "taking": None})
    switch = _asked_already(attempt, source) or _ask(call, attempt, channel.id, source)
    message = f"'{source}' was asked for; it is on air when 'on_air' says so."
    answer = {"message": message, "on_air": channel.on_air, "taking": source, "action": switch.action}
    return Answer(202, answer)


def panic(call: Call[Nothing], session_id: str) -> Answer:
    """Cut to the slate, whatever state the show is in; a show that is not on air yet begins with it."""
    session = mine(call.caller, session_id)
    if session.resting or session.state == "stopping":
        return Answer(200, {"message": f"Nothing of session '{session_id}' is on air.", "on_air": None, "taking": None})
    # In this order: a channel that is being started meanwhile either sees the flag, or finds the action.
    store().hold(session_id, session.attempt)
    attempt = store().attempt(session_id, session.attempt)
    channel = medialive.channel(attempt.channel_id)
    if session.state in BEFORE_THE_SHOW:
        if channel and channel.state in TAKES_SWITCHES:
            medialive.open_with(channel.id, SLATE)
        message = "The show begins with the slate."
        store().note(session_id, attempt.number, "hold", message)
        return Answer(202, {"message": message, "on_air": None, "taking": SLATE})
    if channel is None or channel.state not in TAKES_SWITCHES:
        raise Conflict(f"The channel of session '{session_id}' is not running now. Try again in a moment.")
    attempt = _confirmed(attempt, channel)
    if channel.on_air == SLATE and attempt.taking is None:
        return Answer(200, {"message": "The slate is on air.", "on_air": SLATE, "taking": None})
    switch = _ask(call, attempt, channel.id, SLATE)
    message = "The slate was asked for; it is on air when 'on_air' says so."
    return Answer(202, {"message": message, "on_air": channel.on_air, "taking": SLATE, "action": switch.action})


def confirm(session_id: str, number: int) -> None:
    """Write down what is on air by MediaLive's word."""
    attempt = store().attempt(session_id, number)
    if channel := medialive.channel(attempt.channel_id):
        _confirmed(attempt, channel)


def _confirmed(attempt: Attempt, channel: medialive.Channel) -> Attempt:
    """The attempt, after what MediaLive says is on air was written down."""
    if channel.on_air and store().on_air(
        attempt.session_id, attempt.number, channel.on_air, attempt.switches.get(channel.action or "")
    ):
        return store().attempt(attempt.session_id, attempt.number)
    return attempt


def _source(session: Session, wanted: str | None) -> str:
    """Raises InvalidRequest."""
    names = [SLATE, *(each.name for each in session.sources)]
    if wanted is not None and wanted not in names:
        raise InvalidRequest(f"'source' must be one of the session's: {', '.join(names)}.", field="source")
    return wanted or session.sources[0].name


def _asked_already(attempt: Attempt, source: str) -> Switch | None:
    """The switch that was asked for last, if it is this one and MediaLive may still perform it: not to be doubled."""
    latest = max(attempt.switches.values(), key=lambda each: each.asked_at, default=None)
    return latest if latest and latest.source == source and not latest.unconfirmed(datetime.now(UTC)) else None


def _ask(call: Call[SourceWish] | Call[Nothing], attempt: Attempt, channel_id: str, source: str) -> Switch:
    """Write it down, then ask MediaLive. The same request asks for the same action, however often it comes.

    Raises Conflict with what MediaLive said if it does not take the action.
    """
    mark = hashlib.sha256(call.idempotency_key.encode()).hexdigest()[:16] if call.idempotency_key else uuid.uuid4().hex
    switch = Switch(f"take-{source}-{mark}", source, call.caller.sub, now())
    store().ask(attempt.session_id, attempt.number, switch, f"'{source}' was asked for")
    try:
        medialive.switch_now(channel_id, switch.action, source)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("ConflictException", "UnprocessableEntityException"):
            raise
        store().withdraw(attempt.session_id, attempt.number, switch)
        raise Conflict(f"MediaLive does not switch now: {error.response['Error']['Message']}") from None
    return switch
