"""Overlays: an image from the owner's media over the running show, and off again."""

import uuid
from typing import Any

from botocore.exceptions import ClientError

from showrunner import medialive
from showrunner.api import Answer, Call
from showrunner.channel import output_names
from showrunner.errors import Conflict, InvalidRequest
from showrunner.media import url_of, usable
from showrunner.overlay import Overlay, activation, deactivation, misfit
from showrunner.profiles import PROFILES
from showrunner.session import Session
from showrunner.store import store
from workflows.answers import Overlaid
from workflows.sessions import mine
from workflows.switching import REFUSED, running


def put(call: Call[Overlay], session_id: str) -> Answer[Overlaid]:
    """Lay an image over the picture now, in the place of what its layer holds, or take that off.

    202 and `accepted`: AWS tells no more than that.
    """
    session, overlay = mine(call.caller, session_id), call.body
    settings = _settings(session, overlay)
    _, channel = running(session)
    try:
        # Asked twice, the same image comes in the place of itself.
        medialive.act_now(channel.id, f"overlay-{overlay.layer}-{uuid.uuid4().hex}", settings)
    except ClientError as error:
        if error.response["Error"]["Code"] not in REFUSED:
            raise
        raise Conflict(f"MediaLive does not take it now: {error.response['Error']['Message']}") from None
    store().overlay(session_id, session.attempt, overlay, call.caller.sub)
    message = f"MediaLive has accepted it for layer {overlay.layer}; it does not tell when it is on air."
    return Answer(202, {"message": message, "state": "accepted", "overlay": overlay})


def _settings(session: Session, overlay: Overlay) -> dict[str, Any]:
    """Raises MediaNotFound, InvalidRequest."""
    outputs = output_names(session)
    if overlay.image is None:
        return deactivation(overlay, outputs)
    media = usable(store().media(session.owner, overlay.image), overlay.image, "image")
    if why := misfit(overlay, media.width or 0, media.height or 0, PROFILES[session.profile]):
        raise InvalidRequest(why, field="image")
    return activation(overlay, url_of(media.key), outputs)
