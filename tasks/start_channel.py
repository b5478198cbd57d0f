"""Start the MediaLive channel, and say only then that the session is starting."""

from typing import Any

from showrunner import aws, medialive
from showrunner.errors import ChannelBusy
from showrunner.store import store

Event = dict[str, Any]


def handler(event: Event, context: object) -> Event:
    """Raises StopRequested; ChannelBusy when the channel is in none of IDLE, STARTING and RUNNING."""
    session, attempt = store().session(event["session_id"]), store().attempt(event["session_id"], event["attempt"])
    attempt.raise_if_stopping()
    channel = medialive.find_channel(attempt)
    state = channel.state if channel else "gone"
    if channel and state == "IDLE":
        state = aws.medialive().start_channel(ChannelId=channel.id)["State"]
    if state not in ("STARTING", "RUNNING"):
        raise ChannelBusy(f"The MediaLive channel is {state}; it can be started when it is IDLE.")
    store().advance(session.id, attempt.number, "starting", "The channel is starting")
    return {}
