"""Start the MediaLive channel, and say only then that the session is starting."""

from typing import Any

from showrunner import aws, medialive
from showrunner.errors import ChannelBusy, ChannelGone
from showrunner.session import SLATE, Attempt, Session
from showrunner.store import store

Event = dict[str, Any]


def handler(event: Event, context: object) -> Event:
    """Raises StopRequested, ChannelGone; ChannelBusy when the channel is in none of IDLE, STARTING and RUNNING."""
    session, attempt = store().session(event["session_id"]), store().attempt(event["session_id"], event["attempt"])
    attempt.raise_if_stopping()
    channel = medialive.find_channel(attempt)
    if channel is None:
        raise ChannelGone("The MediaLive channel was deleted by somebody else.")
    if channel.state == "IDLE":
        _begin_with(session, attempt, channel.id)
    state = _start(channel) if channel.state == "IDLE" else channel.state
    if state not in ("STARTING", "RUNNING"):
        raise ChannelBusy(f"The MediaLive channel is {state}; it can be started when it is IDLE.")
    store().advance(session.id, attempt.number, "starting", "The channel is starting")
    return {}


def _begin_with(session: Session, attempt: Attempt, channel_id: str) -> None:
    """A switch that is due at the start comes before the first attachment. A panic may come at this moment, hence the
    second look.
    """
    hold = attempt.hold
    medialive.open_with(channel_id, SLATE if hold else session.sources[0].name)
    if not hold and store().attempt(session.id, attempt.number).hold:
        medialive.open_with(channel_id, SLATE)


def _start(channel: medialive.Channel) -> str:
    """Its state afterwards. A call that is repeated because its answer was lost is refused: see what it did."""
    try:
        return aws.medialive().start_channel(ChannelId=channel.id)["State"]
    except aws.medialive().exceptions.ConflictException:
        now = medialive.channel(channel.id)
        return now.state if now else "gone"
