"""Make a MediaLive input for each of the session's sources, and one for the slate."""

import secrets
from typing import Any

from botocore.exceptions import ClientError

from showrunner import aws, media, medialive
from showrunner.errors import InProgress
from showrunner.naming import name_of, tags_of
from showrunner.session import SLATE, Attempt, Session, Source
from showrunner.settings import settings
from showrunner.store import store

Event = dict[str, Any]


def handler(event: Event, context: object) -> Event:
    """Raises StopRequested, ChannelRefused, QuotaExceeded; InProgress while one that exists is not listed yet."""
    session, attempt = store().session(event["session_id"]), store().attempt(event["session_id"], event["attempt"])
    attempt.raise_if_stopping()
    existing = medialive.find_inputs(attempt) | attempt.inputs
    for source in (*session.sources, Source(SLATE, "MP4_FILE")):
        input_id = existing.get(source.name) or _create(session, attempt, source)
        store().remember_input(session.id, attempt.number, source.name, input_id)
    return {}


def _create(session: Session, attempt: Attempt, source: Source) -> str:
    # RTMP has no password: the instance's name is the secret, so it is random, and kept nowhere but in MediaLive.
    stream_name = f"live/{secrets.token_urlsafe(24)}"
    try:
        return aws.medialive().create_input(
            Name=f"{name_of(attempt)}-{source.name}",
            RequestId=f"{name_of(attempt)}.{source.name}",  # a name may be another session's and source's together
            Tags=tags_of(session, attempt),
            **(_push(stream_name) if source.type == "RTMP_PUSH" else _file(session, source)),
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


def _file(session: Session, source: Source) -> Any:
    """The slate; or any of the owner's files, of which each switch names one."""
    key = f"{media.folder_of(session.owner)}/$urlPath$" if source.name != SLATE else slate_key(session)
    return {"Type": "MP4_FILE", "Sources": [{"Url": media.url_of(key)}]}


def slate_key(session: Session) -> str:
    """Raises MediaNotFound."""
    if session.slate is None:
        return media.SLATE_KEY
    return media.usable(store().media(session.owner, session.slate), session.slate, "slate").key
