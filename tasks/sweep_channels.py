"""Find MediaLive channels that belong to no attempt at work."""

from functools import partial
from typing import Any

from showrunner import aws, medialive
from showrunner.orphans import Resource, Step, clear
from showrunner.sweep import Sweep
from tasks.stop_channel import STOPPABLE, stop

Event = dict[str, Any]
DELETABLE = ("IDLE", "CREATE_FAILED", "UPDATE_FAILED")


def handler(event: Event, context: object) -> Event:
    sweep = Sweep(event)
    for listed in medialive.listed_channels():
        channel = listed.channel
        if channel.state in ("DELETING", "DELETED"):
            continue
        remembered = {"channel_id": channel.id, "channel_arn": channel.arn}
        clear(sweep, "channel", Resource(channel.arn, listed.name, listed.tags, remembered), _step(channel))
    return sweep.answer


def _step(channel: medialive.Channel) -> Step | None:
    if channel.state in STOPPABLE:
        return "stop", partial(stop, channel)
    if channel.state in DELETABLE:
        return "delete", partial(aws.medialive().delete_channel, ChannelId=channel.id)
    return None
