"""The mark in the segments: which recordings are open, told in-band by HlsId3SegmentTagging.

It helps who reads the segments later, and no more than that: a recording is its row and its times, so a tag
that cannot be set never fails one. MediaLive reports nothing of a tag on air: accepted is all that is known.
"""

from botocore.exceptions import BotoCoreError, ClientError

from showrunner import medialive
from showrunner.cut import tag_of
from showrunner.observability import logger
from showrunner.session import Attempt
from showrunner.store import store


def tag(attempt: Attempt, action: str) -> bool:
    """Write the attempt's open recordings into its segments from now on; `action` names the change, once."""
    if attempt.channel_id is None:
        return False
    open_ids = [each.id for each in store().recordings(attempt.session_id, attempt.number) if each.is_open]
    try:
        settings = {"HlsId3SegmentTaggingSettings": {"Tag": tag_of(open_ids)}}
        medialive.act_now(attempt.channel_id, action, settings)
    except (BotoCoreError, ClientError) as error:
        logger().warning("not tagged", session_id=attempt.session_id, action=action, error=type(error).__name__)
        return False
    return True
