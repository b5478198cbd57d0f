"""The fallback: while live, a push source on air without a picture gives way to another source after some seconds.

MediaLive alerts of the input that is on air, and tells nothing of the others: so nobody can know whether a source has
come back, and the way back is a producer's.
"""

import hashlib

from msgspec import Struct

from showrunner import clock, executions, medialive
from showrunner.session import SLATE, Attempt, Session, moment
from showrunner.store import store
from showrunner.switch import Switch

# The type of MediaLive's alert. AWS's documents do not list the types; programs in public repositories meet this one.
NO_PICTURE = "Video Not Detected"
_PREFIX = "fallback-"
BY = "showrunner"  # in the place of who asked: nobody did


class Loss(Struct, frozen=True):
    """The source on air that has no picture, and MediaLive's id of the alert."""

    source: str
    alert: str

    @property
    def mark(self) -> str:
        """In the names of what is made because of it: the same loss makes the same, however often it is noticed."""
        return hashlib.sha256(f"{self.source}#{self.alert}".encode()).hexdigest()[:16]


def notice(session: Session, attempt: Attempt, channel: medialive.Channel, again: bool = False) -> bool:
    """If the picture is lost, let the seconds begin, or once a minute `again`.

    False while it would count, and MediaLive lists no such alert.
    """
    if session.fallback == "off" or not counts(session, attempt, channel):
        return True
    if (lost := loss(attempt, channel)) is None:
        return False
    seconds = session.fallback.seconds
    text = f"No picture from '{lost.source}'; in {seconds} s the show goes to '{_goes_to(session, lost)}'"
    store().note(session.id, attempt.number, "no-picture", text, of=lost.mark)
    about = {"source": lost.source, "alert": lost.alert, "seconds": seconds}
    executions.start_fallback(attempt, lost.mark, about, again)
    return True


def counts(session: Session, attempt: Attempt, channel: medialive.Channel) -> bool:
    """Whether the show is live with a push source on air, and has a fallback."""
    live = session.state == "live" and session.attempt == attempt.number and not attempt.stopping
    return session.fallback != "off" and live and channel.on_air in session.pushed


def alerts(channel: medialive.Channel) -> list[medialive.Alert]:
    """Those of a picture that is missing on air."""
    return [alert for alert in channel.alerts if alert.type == NO_PICTURE]


def loss(attempt: Attempt, channel: medialive.Channel) -> Loss | None:
    """What the source on air has lost. One that was not there yet when the show went live is awaited, not lost."""
    if attempt.live_at is None or channel.on_air is None:
        return None
    live_at = moment(attempt.live_at)
    for alert in alerts(channel):
        if alert.since > live_at:
            return Loss(channel.on_air, alert.id)
    return None


def switch(session: Session, lost: Loss, asked_at: str) -> Switch:
    """Named for the loss: an action that is there already is this one."""
    return Switch(f"{_PREFIX}{lost.mark}", _goes_to(session, lost), BY, asked_at)


def is_ours(action: str | None) -> bool:
    """Whether a schedule action is a fallback."""
    return (action or "").startswith(_PREFIX)


def taken_meanwhile(attempt: Attempt, switch: Switch) -> bool:
    """Whether another source was asked for that may yet come: a producer is at it."""
    latest = attempt.latest
    return latest is not None and latest.action != switch.action and not latest.unconfirmed(clock.now())


def _goes_to(session: Session, lost: Loss) -> str:
    """The session's fallback; the slate, if that is what was lost."""
    assert session.fallback != "off"
    return session.fallback.source if session.fallback.source != lost.source else SLATE
