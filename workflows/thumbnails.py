"""A picture of the source on air, as MediaLive gets it: before levels, overlays and encoding."""

from showrunner import medialive
from showrunner.api import Answer, Call
from showrunner.errors import Conflict, ThumbnailNotFound
from showrunner.session import isotime, moment
from showrunner.store import store
from workflows.answers import ThumbnailView
from workflows.sessions import check_seen

KEPT = {"Cache-Control": "private, max-age=2"}  # there is no newer one before


def read(call: Call[None], session_id: str) -> Answer[ThumbnailView]:
    """Raises Conflict while no channel runs; ThumbnailNotFound where none was made since the cut to what is on air."""
    session, attempt = store().standing(session_id)
    check_seen(call.caller, session)
    if attempt is None or attempt.channel_id is None or not session.switchable:
        raise Conflict(f"Session '{session_id}' has no channel that runs, so there is no picture.", state=session.state)
    newest = medialive.thumbnail(attempt.channel_id)
    if newest is None or attempt.on_air is None or (attempt.on_air_at and newest.at < moment(attempt.on_air_at)):
        raise ThumbnailNotFound(
            f"There is no picture of what is on air: {attempt.on_air or 'nothing yet'}. MediaLive makes one every 2 s"
            " of what it gets: ask again, and look at the sender.",
            source=attempt.on_air,
        )
    view: ThumbnailView = {
        "source": attempt.on_air,
        "at": isotime(newest.at),
        "content_type": newest.content_type,
        "body": newest.body,
    }
    return Answer(200, view, {**KEPT})
