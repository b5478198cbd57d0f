"""Make a MediaLive input for each of the session's sources, and one for the slate."""

import secrets
from typing import Any

from botocore.exceptions import ClientError

from showrunner import aws, media, medialive
from showrunner.errors import InProgress
from showrunner.naming import name_of, tags_of
from showrunner.session import SLATE, Attempt, Session
from showrunner.settings import settings
from showrunner.store import store

Event = dict[str, Any]


def handler(event: Event, context: object) -> Event:
    """Raises StopRequested, ChannelRefused, QuotaExceeded; InProgress while one that exists is not listed yet."""
    session, attempt = store().session(event["session_id"]), store().attempt(event["session_id"], event["attempt"])
    attempt.raise_if_stopping()
    existing = medialive.find_inputs(attempt) | attempt.inputs
    for name in (*(source.name for source in session.sources), SLATE):
        input_id = existing.get(name) or _create(session, attempt, name)
        store().remember_input(session.id, attempt.number, name, input_id)
    return {}


def _create(session: Session, attempt: Attempt, source: str) -> str:
    # RTMP has no password: the instance's name is the secret, so it is random, and kept nowhere but in MediaLive.
    stream_name = f"live/{secrets.token_urlsafe(24)}"
    try:
        return aws.medialive().create_input(
            Name=f"{name_of(attempt)}-{source}",
            RequestId=f"{name_of(attempt)}.{source}",  # a name may be another session's and source's together
            Tags=tags_of(session, attempt),
            **(_slate() if source == SLATE else _push(stream_name)),
        )["Input"]["Id"]
    except ClientError as error:
        # A run that crashed made it, with another stream name. AWS does not document whether it answers that one.
        if error.response["Error"]["Code"] == "ConflictException":
            raise InProgress(f"The input of '{source}' is made already, and not listed yet.") from None
        medialive.refused(error, [stream_name])


def _push(stream_name: str) -> Any:
    return {
        "Type": "RTMP_PUSH",
        "InputSecurityGroups": [settings().input_security_group],
        "Destinations": [{"StreamName": stream_name}],
    }


def _slate() -> Any:
    return {"Type": "MP4_FILE", "Sources": [{"Url": media.url_of(media.SLATE_KEY)}]}
