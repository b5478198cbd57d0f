"""Find IVS channels that belong to no attempt at work; a channel's stream key goes with it."""

from functools import partial
from typing import Any

from showrunner import aws, ivs
from showrunner.orphans import Resource, clear
from showrunner.sweep import Sweep

Event = dict[str, Any]


def handler(event: Event, context: object) -> Event:
    """One that a host lends has no attempt's tags, so it is none of these."""
    sweep = Sweep(event)
    for listed in ivs.listed_channels():
        arn = listed["arn"]
        resource = Resource(arn, listed.get("name", ""), listed.get("tags", {}), {"ivs_channel_arn": arn})
        clear(sweep, "output", resource, ("delete", partial(_delete, arn)))
    return sweep.answer


def _delete(arn: str) -> None:
    """A live one can't be deleted: its stream is ended first. Where that takes IVS a while, the next sweep goes on."""
    if live := ivs.is_live(arn):
        aws.ivs().stop_stream(channelArn=arn)
    try:
        aws.ivs().delete_channel(arn=arn)
    except aws.ivs().exceptions.ConflictException:
        if not live:
            raise
