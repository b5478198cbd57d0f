"""The predecessor's way to switch: one command, and a name for everything that can be on air."""

from typing import TypeVar

from showrunner.api import Answer, Call
from showrunner.errors import InvalidRequest
from showrunner.store import store
from workflows import switching, tracks
from workflows.answers import Commanded, ProgramState, Taken, TracklistPlayed
from workflows.requests import Command, Jump, SourceWish
from workflows.sessions import mine

T = TypeVar("T")


def command(call: Call[Command], session_id: str) -> Answer[Commanded]:
    """`host`, `callers` or any source's name, `participants`, `caller:ID`, `track:ID`, `tracklist`."""
    session = mine(call.caller, session_id)
    kind, _, about = call.body.sourceId.partition(":")
    answer: Answer[TracklistPlayed | Taken]
    try:
        if kind == "tracklist":
            answer = tracks.play(_as(call, Jump()), session_id)
        elif kind == "track":
            answer = switching.take(_as(call, SourceWish(tracks.source_of(session), about)), session_id)
        else:
            source = {"participants": "callers", "caller": "callers"}.get(kind, kind)
            answer = switching.take(_as(call, SourceWish(source)), session_id)
    except InvalidRequest as error:
        raise InvalidRequest(error.message, field="sourceId") from None
    attempt = store().attempt(session_id, session.attempt)
    state: ProgramState = {"activeVideoSource": attempt.on_air, "requestedVideoSource": attempt.taking}
    return Answer(answer.status, {"message": answer.body["message"], "programState": state})


def _as(call: Call[Command], body: T) -> Call[T]:
    return Call(call.caller, body, call.idempotency_key)
