"""Make a MediaLive input for each of the session's sources."""

import secrets
from typing import Any

from botocore.exceptions import ClientError

from showrunner import aws, medialive
from showrunner.naming import name_of, tags_of
from showrunner.session import Attempt, Session, Source
from showrunner.settings import settings
from showrunner.store import store

Event = dict[str, Any]


def handler(event: Event, context: object) -> Event:
    """Raises StopRequested, ChannelRefused, QuotaExceeded."""
    session, attempt = store().session(event["session_id"]), store().attempt(event["session_id"], event["attempt"])
    attempt.raise_if_stopping()
    existing = medialive.find_inputs(attempt) | attempt.inputs
    for source in session.sources:
        input_id = existing.get(source.name) or _create(session, attempt, source)
        store().remember_input(session.id, attempt.number, source.name, input_id)
    return {}


def _create(session: Session, attempt: Attempt, source: Source) -> str:
    # RTMP has no password: the instance's name is the secret, so it is random, and kept nowhere but in MediaLive.
    stream_name = f"live/{secrets.token_urlsafe(24)}"
    name = f"{name_of(attempt)}-{source.name}"
    try:
        return aws.medialive().create_input(
            Name=name,
            RequestId=f"{name_of(attempt)}.{source.name}",  # a name may be another session's and source's together
            Type=source.type,
            InputSecurityGroups=[settings().input_security_group],
            Destinations=[{"StreamName": stream_name}],
            Tags=tags_of(session, attempt),
        )["Input"]["Id"]
    except ClientError as error:
        medialive.refused(error, [stream_name])
