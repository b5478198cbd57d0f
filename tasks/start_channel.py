"""Start the MediaLive channel, and say only then that the session is starting."""

from typing import Any

from showrunner import aws, medialive
from showrunner.errors import ChannelBusy, ChannelGone
from showrunner.store import store

Event = dict[str, Any]


def handler(event: Event, context: object) -> Event:
    """Raises StopRequested, ChannelGone; ChannelBusy when the channel is in none of IDLE, STARTING and RUNNING."""
    session, attempt = store().session(event["session_id"]), store().attempt(event["session_id"], event["attempt"])
    attempt.raise_if_stopping()
    channel = medialive.find_channel(attempt)
    if channel is None:
        raise ChannelGone("The MediaLive channel was deleted by somebody else.")
    state = _start(channel) if channel.state == "IDLE" else channel.state
    if state not in ("STARTING", "RUNNING"):
        raise ChannelBusy(f"The MediaLive channel is {state}; it can be started when it is IDLE.")
    store().advance(session.id, attempt.number, "starting", "The channel is starting")
    return {}


def _start(channel: medialive.Channel) -> str:
    """Its state afterwards. A call that is repeated because its answer was lost is refused: see what it did."""
    try:
        return aws.medialive().start_channel(ChannelId=channel.id)["State"]
    except aws.medialive().exceptions.ConflictException:
        now = medialive.channel(channel.id)
        return now.state if now else "gone"
