"""End the stream on IVS; the channel that fed it is gone by now, so it stays ended."""

from typing import Any

from botocore.exceptions import ClientError

from showrunner import aws, ivs
from showrunner.store import store

Event = dict[str, Any]


def handler(event: Event, context: object) -> Event:
    """A channel that is not live, gone, or not ours any more, is as it should be."""
    attempt = store().attempt(event["session_id"], event["attempt"])
    arn = attempt.ivs_channel_arn
    # A borrowed channel that was given back may carry another session's stream by now.
    if arn and attempt.ivs_borrowed and not store().holds(arn, attempt.session_id, attempt.number):
        return {"was_live": False}
    # Permission goes by the channel's tags: one that is gone would be refused, not missed.
    if arn is None or ivs.channel(arn) is None:
        return {"was_live": False}
    try:
        aws.ivs().stop_stream(channelArn=arn)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ChannelNotBroadcasting" or ivs.channel(arn) is None:
            return {"was_live": False}
        raise
    return {"was_live": True}
