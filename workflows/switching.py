"""The source buttons: which of a session's sources is on air.

A switch is asked of MediaLive by an immediate schedule action, and asking is not having: a source is on air when
PipelineDetails says so. The event of the change brings the look at once; every look of Live brings it late.
"""

from datetime import UTC, datetime

from botocore.exceptions import ClientError

from showrunner import medialive
from showrunner.api import Answer, Call
from showrunner.errors import Conflict, InvalidRequest
from showrunner.store import store
from workflows.requests import SourceWish
from workflows.sessions import mine


def take(call: Call[SourceWish], session_id: str) -> Answer:
    """Put a source on air now; 202 until it is confirmed, 200 if it is on air already."""
    session, source = mine(call.caller, session_id), call.body.source
    names = [each.name for each in session.sources]
    if source not in names:
        raise InvalidRequest(f"'source' must be one of the session's: {', '.join(names)}.", field="source")
    if session.state not in ("waiting_for_input", "live"):
        raise Conflict(f"Session '{session_id}' is {session.state}; sources can be switched once its channel runs.")
    attempt = store().attempt(session_id, session.attempt)
    channel = medialive.channel(attempt.channel_id)
    if channel is None or channel.state != "RUNNING":
        raise Conflict(f"The channel of session '{session_id}' is not running now. Try again in a moment.")
    if channel.on_air == source and attempt.taking in (None, source):
        store().on_air(session_id, attempt.number, source)
        return Answer(200, {"message": f"'{source}' is on air.", "on_air": source, "taking": None})
    action = f"take-{source}-{datetime.now(UTC):%Y%m%d%H%M%S%f}"
    _schedule(channel.id, action, source)
    store().ask_for(session_id, attempt.number, source)
    message = f"'{source}' was asked for; it is on air when 'on_air' says so."
    return Answer(202, {"message": message, "on_air": channel.on_air, "taking": source, "action": action})


def _schedule(channel_id: str, action: str, source: str) -> None:
    try:
        settings = {"InputSwitchSettings": {"InputAttachmentNameReference": source}}
        medialive.act_now(channel_id, action, settings)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("ConflictException", "UnprocessableEntityException"):
            raise
        raise Conflict(f"MediaLive does not switch now: {error.response['Error']['Message']}") from None


def confirm(session_id: str, number: int) -> None:
    """Write down what is on air by MediaLive's word."""
    channel = medialive.channel(store().attempt(session_id, number).channel_id)
    if channel and channel.on_air:
        store().on_air(session_id, number, channel.on_air)
