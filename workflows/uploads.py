"""Look at a file that was uploaded, and make it ready: S3 told of it, and may tell twice. Also: make copies at a level.

Lambda tries three times. What then has no result is told to `workflows/media_failures.py`.
"""

import contextlib
import tempfile
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from recorder.media import Made, check_image, make_copy, make_film
from showrunner import aws
from showrunner.errors import MediaRefused
from showrunner.media import Media, parts_of
from showrunner.settings import settings
from showrunner.sound import Level
from showrunner.store import store

Event = dict[str, Any]
CONTENT = {"mp4": "video/mp4", "png": "image/png", "bmp": "image/bmp", "tga": "image/x-tga"}


def handler(event: Event, context: object) -> Event:
    """`event`: S3's Object Created, as EventBridge hands it on, or {"copy": {"owner", "id", "gain_db", "mute"}}.

    Answers {"state"}; None for what is gone by now.
    """
    if "copy" in event:
        wanted = event["copy"]
        media = store().media(wanted["owner"], wanted["id"])
        return _copy(media, Level(wanted["gain_db"], wanted["mute"]))
    media = store().media(*parts_of(event["detail"]["object"]["key"]))
    if media is None or not store().settle_media(media, state="checking"):
        return {"state": media.state if media else None}
    try:
        with tempfile.TemporaryDirectory() as directory:
            settled = _ready(media, Path(directory))
    except MediaRefused as error:
        settled = {"state": "refused", "reason": error.message}
    keys = [media.upload_key]
    if not store().settle_media(media, **settled) and store().media(media.owner, media.id) is None and media.suffix:
        keys.append(media.key)
    aws.s3().delete_objects(Bucket=settings().media_bucket, Delete={"Objects": [{"Key": key} for key in keys]})
    return {"state": settled["state"]}


def _ready(media: Media, directory: Path) -> Event:
    """The row's new values, once the file is where channels read it."""
    uploaded, ready = directory / "uploaded", directory / "ready.mp4"
    aws.s3().download_file(settings().media_bucket, media.upload_key, str(uploaded))
    made = check_image(uploaded) if media.kind == "image" else make_film(uploaded, ready)
    file = uploaded if media.kind == "image" else ready
    values = _values(made) | {"state": "ready", "size": file.stat().st_size}
    media.suffix = made.suffix
    aws.s3().upload_file(str(file), settings().media_bucket, media.key, ExtraArgs={"ContentType": CONTENT[made.suffix]})
    return values


def _copy(media: Media | None, level: Level) -> Event:
    """A copy at a level, once. One that is there is not touched: it may be on air."""
    if media is None or media.state != "ready" or level.copy is None:
        return {"state": None}
    if level.copy not in (media.copies or ()):
        with tempfile.TemporaryDirectory() as directory:
            ready, copy = Path(directory, "ready.mp4"), Path(directory, "copy.mp4")
            aws.s3().download_file(settings().media_bucket, media.key, str(ready))
            make_copy(ready, copy, level)
            with copy.open("rb") as body, _unless_there():
                aws.s3().put_object(
                    Bucket=settings().media_bucket,
                    Key=media.copy_key(level.copy),
                    Body=body,
                    ContentType=CONTENT["mp4"],
                    IfNoneMatch="*",
                )
        if not store().settle_copy(media, level.copy, made=True):
            aws.s3().delete_object(Bucket=settings().media_bucket, Key=media.copy_key(level.copy))
            return {"state": None}
    return {"state": "ready"}


@contextlib.contextmanager
def _unless_there() -> Any:
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("PreconditionFailed", "ConditionalRequestConflict"):
            raise


def _values(made: Made) -> Event:
    return {
        "suffix": made.suffix,
        "width": made.width,
        "height": made.height,
        "milliseconds": round(made.seconds * 1000) or None,
        "gain_db": f"{made.gain:.1f}" if made.gain is not None else None,
    }
