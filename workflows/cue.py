"""Cueing: one source made ready, so that a cut to it comes without a delay.

MediaLive prepares one input at a time, and tells nothing of it (user guide, preparing inputs): `accepted` is all that
can be said. A cut never waits for it.
"""

import uuid

from botocore.exceptions import ClientError

from showrunner import medialive
from showrunner.api import Answer, Call
from showrunner.errors import Conflict
from showrunner.store import store
from showrunner.switch import Cue
from workflows.answers import Cued
from workflows.requests import CueWish
from workflows.sessions import mine
from workflows.switching import REFUSED, chosen, running


def put(call: Call[CueWish], session_id: str) -> Answer[Cued]:
    """Have a source prepared, in the place of the one before; without `source`, none."""
    session, wish = mine(call.caller, session_id), call.body
    cue, file = None, None
    if wish.source:
        source, media = chosen(session, wish.source, wish.item)
        cue, file = Cue(source, wish.item), media.at(session.level(source)).name if media else None
    attempt, channel = running(session)
    try:
        medialive.prepare(channel.id, f"cue-{uuid.uuid4().hex}", cue.source if cue else None, file)
    except ClientError as error:
        if error.response["Error"]["Code"] not in REFUSED:
            raise
        raise Conflict(f"MediaLive does not take it now: {error.response['Error']['Message']}") from None
    store().cue(session_id, attempt.number, cue, call.caller.sub)
    message = f"MediaLive prepares '{cue}'; it does not tell when that is done." if cue else "Nothing is prepared."
    return Answer(202, {"message": message, "state": "accepted", "cued": cue})
