"""Begin the cleanup: nothing new may be made for the attempt from now on, and its channel is stopped."""

from typing import Any

from botocore.exceptions import ClientError

from showrunner import aws, medialive
from showrunner.errors import ChannelBusy, NotListedYet
from showrunner.session import Attempt
from showrunner.store import store

Event = dict[str, Any]

STOPPABLE = ("RUNNING", "STARTING", "RECOVERING")


def handler(event: Event, context: object) -> Event:
    """Raises ChannelBusy when MediaLive does not let a starting channel be stopped yet.

    A creation that crashed may have left what its attempt does not know, and what is only found in lists, which lag.
    So if no channel is known or found, the first try raises NotListedYet: nothing new is made from now on, and the
    next look, a while later, sees everything.
    """
    session_id, number = event["session_id"], event["attempt"]
    store().record_execution(session_id, number, event["execution"])
    store().mark(session_id, number, "closing_at")
    store().advance(session_id, number, "stopping", "Stopping")
    attempt = store().attempt(session_id, number)
    channel = medialive.find_channel(attempt)
    if channel is None and attempt.channel_id is None and event.get("retries", 1) == 0:
        raise NotListedYet("A channel that was made just now may not be listed yet.")
    if channel is None:
        return {"state": "gone"}
    if attempt.channel_id is None:
        store().link(channel.arn, session_id, number)
        store().found(session_id, number, channel_id=channel.id, channel_arn=channel.arn)
    note_running(attempt, channel)
    return {"state": stop(channel)}


def note_running(attempt: Attempt, channel: medialive.Channel) -> None:
    """It costs for ten minutes at least, also where it is stopped before anybody has seen that it runs."""
    if channel.runs and attempt.running_at is None:
        store().mark(attempt.session_id, attempt.number, "running_at")


def stop(channel: medialive.Channel) -> str:
    """Stop it if it runs or is about to; the state it is in then. Raises ChannelBusy while it can't be stopped."""
    if channel.state not in STOPPABLE:
        return channel.state
    try:
        return aws.medialive().stop_channel(ChannelId=channel.id)["State"]
    except ClientError as error:
        # Permission goes by the channel's tags: what another cleanup has just deleted is refused, not missed.
        now = medialive.channel(channel.id)
        if now is None or now.state not in STOPPABLE:
            return now.state if now else "gone"
        if error.response["Error"]["Code"] != "ConflictException":
            raise
        raise ChannelBusy(f"The MediaLive channel is {now.state} and can't be stopped yet.") from None
