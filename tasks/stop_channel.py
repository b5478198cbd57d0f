"""Begin the cleanup: nothing new may be made for the attempt from now on, and its channel is stopped."""

from typing import Any

from showrunner import aws, medialive
from showrunner.errors import ChannelBusy
from showrunner.store import store

Event = dict[str, Any]


def handler(event: Event, context: object) -> Event:
    """Raises ChannelBusy when MediaLive does not let a starting channel be stopped yet."""
    session_id, number = event["session_id"], event["attempt"]
    store().record_execution(session_id, number, event["execution"])
    store().mark(session_id, number, "closing_at")
    store().advance(session_id, number, "stopping", "Stopping")
    attempt = store().attempt(session_id, number)
    channel = medialive.find_channel(attempt)
    if channel is None:
        return {"state": "gone"}
    if attempt.channel_id is None:
        store().link(channel.arn, session_id, number)
        store().found(session_id, number, channel_id=channel.id, channel_arn=channel.arn)
    return {"state": stop(channel)}


def stop(channel: medialive.Channel) -> str:
    """Stop it if it runs or is about to; the state it is in then."""
    if channel.state not in ("RUNNING", "STARTING", "RECOVERING"):
        return channel.state
    try:
        return aws.medialive().stop_channel(ChannelId=channel.id)["State"]
    except aws.medialive().exceptions.ConflictException:
        raise ChannelBusy(f"The MediaLive channel is {channel.state} and can't be stopped yet.") from None
