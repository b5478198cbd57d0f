"""An owner's own files: tracks, slates and images. Uploaded to S3 directly, looked at, and then ready or refused."""

import uuid

from showrunner import aws, clock
from showrunner.api import Answer, Call
from showrunner.errors import Conflict, MediaNotFound
from showrunner.media import MEANING, MOST_BYTES, Media
from showrunner.session import Session, now
from showrunner.settings import settings
from showrunner.store import Item, store
from workflows.answers import MediaAdded, MediaDeleted, MediaList, MediaView, Upload
from workflows.requests import MediaPage, NewMedia

UPLOAD_SECONDS = 3600
PAGE = 100  # sessions that are looked at at once


def add(call: Call[NewMedia]) -> Answer[MediaAdded]:
    """201 with where to send the file: a form's address and fields, which S3 takes for an hour, up to a size."""
    wish = call.body
    media = Media(_new_id(), call.caller.sub, wish.kind, wish.title, now())
    store().add_media(media)
    form = aws.s3().generate_presigned_post(
        settings().media_bucket,
        media.upload_key,
        Conditions=[["content-length-range", 1, MOST_BYTES[media.kind]]],
        ExpiresIn=UPLOAD_SECONDS,
    )
    upload: Upload = {"url": form["url"], "fields": form["fields"]}
    return Answer(201, {"message": MEANING["waiting"], "media": view(media), "upload": upload})


def listing(call: Call[MediaPage]) -> Answer[MediaList]:
    """A page of the caller's own, newest first."""
    found, following = store().media_of(call.caller.sub, call.body.limit, call.body.cursor)
    return Answer(200, {"media": [view(each) for each in found], "next": following})


def read(call: Call[None], media_id: str) -> Answer[MediaView]:
    return Answer(200, view(mine(call.caller.sub, media_id)))


def delete(call: Call[None], media_id: str) -> Answer[MediaDeleted]:
    """With its copies; not while a session that runs needs it. The files go first: what is listed can be deleted again.

    Raises Conflict.
    """
    media = mine(call.caller.sub, media_id)
    using = _users(media)
    running = [(session, use) for session, use in using if not session.resting]
    if running:
        said = f"'{media_id}' is needed: {_told(running)}. Take it out there, or stop the session."
        raise Conflict(said, sessions=[session.id for session, _ in running])
    keys = [media.upload_key]
    if media.suffix:
        keys += [media.key, *(media.copy_key(copy) for copy in media.copies or ())]
    aws.s3().delete_objects(Bucket=settings().media_bucket, Delete={"Objects": [{"Key": key} for key in keys]})
    store().delete_media(media)
    note = f" It is missing now: {_told(using)}." if using else ""
    sessions = [session.id for session, _ in using]
    return Answer(200, {"message": f"'{media_id}' is deleted.{note}", "id": media_id, "missing_in": sessions})


def _users(media: Media) -> list[tuple[Session, str]]:
    """The owner's sessions that have a use for it, and which."""
    found: list[tuple[Session, str]] = []
    cursor: Item | None = None
    while True:
        page, cursor = store().sessions_of(media.owner, PAGE, cursor)
        found += [(session, use) for session in page if (use := _use(session, media.id))]
        if cursor is None:
            return found


def _use(session: Session, media_id: str) -> str | None:
    if session.slate == media_id:
        return "the slate"
    if media_id in session.tracklist.items:
        return "in the tracklist"
    if session.resting:
        return None
    attempt = store().attempt(session.id, session.attempt)
    if media_id in (attempt.on_air_item, *(each.item for each in attempt.switches.values())):
        return "on air or to come"
    return "an overlay" if media_id in [each.image for each in attempt.overlays.values()] else None


def _told(using: list[tuple[Session, str]]) -> str:
    return ", ".join(f"{use} of '{session.id}'" for session, use in using)


def _new_id() -> str:
    """They sort by when they were made."""
    return f"m-{round(clock.time() * 1000):011x}{uuid.uuid4().hex[:5]}"


def mine(owner: str, media_id: str) -> Media:
    """Raises MediaNotFound for what is another owner's: it does not tell that it exists."""
    media = store().media(owner, media_id)
    if media is None:
        raise MediaNotFound(f"You have no file '{media_id}'. GET /media lists yours.", id=media_id)
    return media


def view(media: Media) -> MediaView:
    return {
        "id": media.id,
        "kind": media.kind,
        "title": media.title,
        "state": media.state,
        "message": media.reason or MEANING[media.state],
        "created_at": media.created_at,
        "size": media.size,
        "width": media.width,
        "height": media.height,
        "seconds": media.milliseconds / 1000 if media.milliseconds else None,
        "gain_db": float(media.gain_db) if media.gain_db else None,
    }
