"""End the stream on IVS; the channel that fed it is gone by now, so it stays ended."""

from typing import Any

from showrunner import aws
from showrunner.store import store

Event = dict[str, Any]


def handler(event: Event, context: object) -> Event:
    """A channel that is not live, or gone, is as it should be."""
    attempt = store().attempt(event["session_id"], event["attempt"])
    if attempt.ivs_channel_arn is None:
        return {}
    ivs = aws.ivs()
    try:
        ivs.stop_stream(channelArn=attempt.ivs_channel_arn)
    except (ivs.exceptions.ChannelNotBroadcasting, ivs.exceptions.ResourceNotFoundException):
        return {"was_live": False}
    return {"was_live": True}
