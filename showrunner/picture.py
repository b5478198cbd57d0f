"""Whether the push source on air has a picture: of the others MediaLive tells nothing."""

from showrunner import fallback, medialive
from showrunner.session import Attempt, NoPicture, Session, isotime
from showrunner.store import store


def notice(session: Session, attempt: Attempt, channel: medialive.Channel) -> bool | None:
    """Write down whether it is missing, and since when; None where nobody publishes to what is on air."""
    if not channel.runs or attempt.stopping:
        return None
    missing = lost(session, channel)
    if attempt.no_picture != missing:
        store().set_picture(attempt.session_id, attempt.number, missing)
    return missing is not None if channel.on_air in session.pushed else None


def lost(session: Session, channel: medialive.Channel) -> NoPicture | None:
    """What is on air without a picture, by MediaLive's alerts."""
    if channel.on_air is None or channel.on_air not in session.pushed:
        return None
    since = min((alert.since for alert in fallback.alerts(channel)), default=None)
    return NoPicture(channel.on_air, isotime(since)) if since else None
