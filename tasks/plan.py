"""Look at what is asked before anything is made: refuse here what AWS would refuse half-way."""

from typing import Any

from botocore.exceptions import ClientError

from showrunner import aws, ivs
from showrunner.errors import ChannelRefused, MediaNotFound
from showrunner.session import check_sources
from showrunner.settings import settings
from showrunner.store import store
from tasks.create_inputs import slate_key

Event = dict[str, Any]


def handler(event: Event, context: object) -> Event:
    """Raises StopRequested; ChannelRefused for sources that MediaLive does not take together; MediaNotFound without a
    slate; OutputNotFound for an IVS channel that is missing or not tagged as the owner's.
    """
    session, attempt = store().session(event["session_id"]), store().attempt(event["session_id"], event["attempt"])
    store().record_execution(session.id, attempt.number, event["execution"])
    attempt.raise_if_stopping()
    try:
        check_sources(session.sources)
    except ValueError as error:
        raise ChannelRefused(f"The session can't be made: {error}.") from None
    if not _exists(slate_key(session)):
        raise MediaNotFound("The slate is not in the media bucket. Add one, or deploy the stack again.")
    if session.output.channel_arn is not None:
        ivs.to_borrow(session.output.channel_arn, session.owner)
    return {}


def _exists(key: str) -> bool:
    try:
        aws.s3().head_object(Bucket=settings().media_bucket, Key=key)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        return False
    return True
