"""Create the session's MediaLive channel: a single pipeline, RTMPS to IVS, HLS of the whole session to S3."""

from typing import Any

from showrunner import ivs, medialive
from showrunner.channel import channel_request
from showrunner.naming import name_of, tags_of
from showrunner.settings import settings
from showrunner.store import store

Event = dict[str, Any]


def handler(event: Event, context: object) -> Event:
    """Answers {"channel_id"}. Raises StopRequested, ChannelRefused, QuotaExceeded."""
    session, attempt = store().session(event["session_id"]), store().attempt(event["session_id"], event["attempt"])
    attempt.raise_if_stopping()
    channel = medialive.find_channel(attempt)
    if channel is None:
        key = ivs.stream_key(str(attempt.ivs_channel_arn))
        request = channel_request(
            session,
            name=name_of(attempt),
            tags=tags_of(session, attempt),
            role_arn=settings().medialive_role_arn,
            inputs=attempt.inputs,
            ingest_endpoint=str(attempt.ingest_endpoint),
            stream_key=key,
            recordings=f"{settings().recordings_bucket}/{session.id}/{attempt.number}",
            sound=attempt.sound,
        )
        channel = medialive.create_channel(request, secrets=[key])
    store().link(channel.arn, session.id, attempt.number)
    store().remember(session.id, attempt.number, channel_id=channel.id, channel_arn=channel.arn)
    return {"channel_id": channel.id}
