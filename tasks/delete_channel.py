"""Delete the MediaLive channel; it removes its own hindrance, a channel that was started meanwhile."""

from typing import Any

from showrunner import aws, medialive
from showrunner.errors import ChannelBusy
from showrunner.store import store
from tasks.stop_channel import stop

Event = dict[str, Any]


def handler(event: Event, context: object) -> Event:
    """Raises ChannelBusy until the channel can be deleted."""
    channel = medialive.find_channel(store().attempt(event["session_id"], event["attempt"]))
    if channel is None or channel.state == "DELETING":
        return {}
    stop(channel)
    try:
        aws.medialive().delete_channel(ChannelId=channel.id)
    except aws.medialive().exceptions.NotFoundException:
        return {}
    except aws.medialive().exceptions.ConflictException:
        raise ChannelBusy(f"The MediaLive channel is {channel.state} and can't be deleted yet.") from None
    return {}
