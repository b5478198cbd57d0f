"""Make a MediaLive input for each of the session's sources, and one for the slate."""

import secrets
from typing import Any

from botocore.exceptions import ClientError

from showrunner import aws, media, medialive
from showrunner.errors import ChannelRefused, InProgress
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
    if source.type == "RTMP_PUSH":
        # RTMP has no password: the instance's name is the secret, so it is random, and kept nowhere but in MediaLive.
        stream_name = f"live/{secrets.token_urlsafe(24)}"
        return _made(session, attempt, source, _push(stream_name), [stream_name])
    url = _url(session, source)
    try:
        return _made(session, attempt, source, _file(url), [])
    except ChannelRefused:
        # The API reference wants two sources of every pull input, others have run with one: a second one does no harm.
        return _made(session, attempt, source, _file(url, url), [])


def _made(session: Session, attempt: Attempt, source: Source, kind: Any, hidden: list[str]) -> str:
    """`hidden`: what is in it of secrets."""
    try:
        return aws.medialive().create_input(
            Name=f"{name_of(attempt)}-{source.name}",
            RequestId=f"{name_of(attempt)}.{source.name}",  # a name may be another session's and source's together
            Tags=tags_of(session, attempt),
            **kind,
        )["Input"]["Id"]
    except ClientError as error:
        # A run that crashed made it, with another stream name. AWS does not document whether it answers that one.
        if error.response["Error"]["Code"] == "ConflictException":
            raise InProgress(f"The input of '{source}' is made already, and not listed yet.") from None
        medialive.refused(error, hidden)


def _push(stream_name: str) -> Any:
    return {
        "Type": "RTMP_PUSH",
        "InputSecurityGroups": [settings().input_security_group],
        "Destinations": [{"StreamName": stream_name}],
    }


def _file(*urls: str) -> Any:
    return {"Type": "MP4_FILE", "Sources": [{"Url": url} for url in urls]}


def _url(session: Session, source: Source) -> str:
    """The slate; or any of the owner's files, of which each switch names one."""
    return media.url_of(slate_key(session) if source.name == SLATE else f"{media.folder_of(session.owner)}/$urlPath$")


def slate_key(session: Session) -> str:
    """Raises MediaNotFound."""
    if session.slate is None:
        return media.SLATE_KEY
    return media.usable(store().media(session.owner, session.slate), session.slate, "slate").key
