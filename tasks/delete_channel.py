"""Delete the MediaLive channel; it removes its own hindrance, a channel that was started meanwhile."""

from typing import Any

from botocore.exceptions import ClientError

from showrunner import aws, medialive
from showrunner.errors import ChannelBusy
from showrunner.store import store
from tasks.stop_channel import note_running, stop

Event = dict[str, Any]


def handler(event: Event, context: object) -> Event:
    """Raises ChannelBusy until the channel can be deleted."""
    attempt = store().attempt(event["session_id"], event["attempt"])
    channel = medialive.find_channel(attempt)
    if channel is None or channel.state == "DELETING":
        return {}
    try:
        note_running(attempt, channel)
        stop(channel)
        aws.medialive().delete_channel(ChannelId=channel.id)
    except ClientError as error:
        # Permission goes by the channel's tags: what another cleanup has just deleted is refused, not missed.
        now = medialive.channel(channel.id)
        if now is None or now.state == "DELETING":
            return {}
        if error.response["Error"]["Code"] != "ConflictException":
            raise
        raise ChannelBusy(f"The MediaLive channel is {now.state} and can't be deleted yet.") from None
    return {}
