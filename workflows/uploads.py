"""Look at a file that was uploaded, and make it ready: S3 told of it, and may tell twice."""

import tempfile
from pathlib import Path
from typing import Any

from recorder.media import Made, check_image, make_film
from showrunner import aws
from showrunner.errors import MediaRefused
from showrunner.media import Media, parts_of
from showrunner.settings import settings
from showrunner.store import store

Event = dict[str, Any]
CONTENT = {"mp4": "video/mp4", "png": "image/png", "bmp": "image/bmp", "tga": "image/x-tga"}


def handler(event: Event, context: object) -> Event:
    """`event`: S3's Object Created, as EventBridge hands it on. Answers {"state"}; None for what is gone by now."""
    media = store().media(*parts_of(event["detail"]["object"]["key"]))
    if media is None or media.state in ("ready", "refused"):
        return {"state": media.state if media else None}
    store().settle_media(media, state="checking")
    try:
        with tempfile.TemporaryDirectory() as directory:
            settled = _ready(media, Path(directory))
    except MediaRefused as error:
        settled = {"state": "refused", "reason": error.message}
    store().settle_media(media, **settled)
    aws.s3().delete_object(Bucket=settings().media_bucket, Key=media.upload_key)
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


def _values(made: Made) -> Event:
    return {
        "suffix": made.suffix,
        "width": made.width,
        "height": made.height,
        "milliseconds": round(made.seconds * 1000) or None,
        "gain_db": f"{made.gain:.1f}" if made.gain is not None else None,
    }
