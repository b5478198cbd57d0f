"""Delete the session's IVS channel, or give back the one it borrowed."""

from typing import Any

from botocore.exceptions import ClientError

from showrunner import aws, ivs
from showrunner.errors import StreamBusy
from showrunner.session import Attempt
from showrunner.store import store

Event = dict[str, Any]


def handler(event: Event, context: object) -> Event:
    """Raises StreamBusy while IVS still sees the stream: a live channel can't be deleted."""
    session, attempt = store().session(event["session_id"]), store().attempt(event["session_id"], event["attempt"])
    if session.output.channel_arn is not None:
        store().release(session.output.channel_arn, session.id, attempt.number)
        return {"returned": True}
    for arn in _own(attempt):
        _delete(arn)
    return {"returned": False}


def _own(attempt: Attempt) -> list[str]:
    """The remembered one, and what a crash may have left beside it."""
    remembered = {attempt.ivs_channel_arn} if attempt.ivs_channel_arn else set()
    return sorted(remembered | {channel.arn for channel in ivs.find_channels(attempt)})


def _delete(arn: str) -> None:
    # Permission goes by the channel's tags: one that is gone would be refused, not missed.
    if ivs.channel(arn) is None:
        return
    try:
        aws.ivs().delete_channel(arn=arn)
    except ClientError as error:
        if ivs.channel(arn) is None:  # another cleanup was faster
            return
        if error.response["Error"]["Code"] != "ConflictException":
            raise
        raise StreamBusy("The IVS channel is still live; it can be deleted when its stream has ended.") from None
