"""An owner's own files: tracks, slates and images. Uploaded to S3 directly, looked at, and then ready or refused."""

import uuid

from showrunner import aws
from showrunner.api import Answer, Call
from showrunner.errors import MediaNotFound
from showrunner.media import MEANING, MOST_BYTES, Media
from showrunner.session import now
from showrunner.settings import settings
from showrunner.store import store
from workflows.answers import MediaAdded, MediaDeleted, MediaList, MediaView, Upload
from workflows.requests import NewMedia

UPLOAD_SECONDS = 3600


def add(call: Call[NewMedia]) -> Answer[MediaAdded]:
    """201 with where to send the file: a form's address and fields, which S3 takes for an hour, up to a size."""
    wish = call.body
    media = Media(f"m-{uuid.uuid4().hex[:16]}", call.caller.sub, wish.kind, wish.title, now())
    store().add_media(media)
    form = aws.s3().generate_presigned_post(
        settings().media_bucket,
        media.upload_key,
        Conditions=[["content-length-range", 1, MOST_BYTES[media.kind]]],
        ExpiresIn=UPLOAD_SECONDS,
    )
    upload: Upload = {"url": form["url"], "fields": form["fields"]}
    return Answer(201, {"message": MEANING["waiting"], "media": view(media), "upload": upload})


def listing(call: Call[None]) -> Answer[MediaList]:
    """All of the caller's own, oldest first."""
    return Answer(200, {"media": [view(each) for each in store().media_of(call.caller.sub)]})


def read(call: Call[None], media_id: str) -> Answer[MediaView]:
    return Answer(200, view(mine(call.caller.sub, media_id)))


def delete(call: Call[None], media_id: str) -> Answer[MediaDeleted]:
    """The files go first: what is listed can be deleted again."""
    media = mine(call.caller.sub, media_id)
    keys = [media.upload_key, *([media.key] if media.suffix else [])]
    aws.s3().delete_objects(Bucket=settings().media_bucket, Delete={"Objects": [{"Key": key} for key in keys]})
    store().delete_media(media)
    return Answer(200, {"message": f"'{media_id}' is deleted.", "id": media_id})


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
