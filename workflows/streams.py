"""Who watches the live shows, and whether IVS gets enough of each: one ListStreams for all of them, every 15 s.

IVS takes 5 GetStream a second from an account (IVS user guide, 'Service Quotas'), so shows are not asked for one by
one. EventBridge rings once a minute at most: its look has a queue ring for three more, while a show is live.
"""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from showrunner import aws, ivs
from showrunner.observability import logger
from showrunner.session import Attempt
from showrunner.settings import settings
from showrunner.store import store

Event = dict[str, Any]
LATER = (15, 30, 45)  # seconds


def handler(event: Event, context: object) -> None:
    """`event`: EventBridge's, of the minute; or SQS's `Records` of a look in between, of which one would do."""
    attempts = [attempt for attempt in store().open_attempts() if attempt.live_at and not attempt.stopping]
    if not attempts:
        return
    if "Records" not in event:
        _look_again()
    watch(attempts)


def watch(attempts: list[Attempt]) -> None:
    """Write down what has changed of their streams; of one that IVS does not list nothing is known.

    What IVS cannot tell just now, the next look knows. Raises ClientError for what does not pass by itself.
    """
    try:
        streams = ivs.live_streams()
    except (ClientError, BotoCoreError) as error:
        if not _passes(error):
            raise
        logger().warning("streams could not be looked at", error=str(error))
        return
    for attempt in attempts:
        stream = streams.get(attempt.ivs_channel_arn or "")
        viewers, health = (stream.viewers, stream.health) if stream else (None, None)
        store().see_stream(attempt, viewers, health)


def _passes(error: ClientError | BotoCoreError) -> bool:
    """Throttled, an error of AWS's own, or no answer."""
    if isinstance(error, BotoCoreError):
        return True
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return status == 429 or status >= 500


def _look_again() -> None:
    for seconds in LATER:
        aws.sqs().send_message(QueueUrl=settings().stream_looks_url, MessageBody="look", DelaySeconds=seconds)
