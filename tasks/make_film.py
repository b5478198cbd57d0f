"""Make a recording's film: an MP4 copied from S3 to S3, looked at there, and a picture that stands for it."""

from collections.abc import Callable
from posixpath import join, normpath
from typing import Any

from botocore.exceptions import HTTPClientError

from recorder.checks import check
from recorder.errors import RecordingDamaged
from recorder.mp4 import write_mp4
from recorder.picture import thumbnail
from recorder.ranges import stored_object
from recorder.upload import Upload
from showrunner import aws
from showrunner.cut import Cut, cut_of
from showrunner.recording import Film
from showrunner.session import moment
from showrunner.settings import settings
from showrunner.store import store

Event = dict[str, Any]
TRIES = 3  # to read a segment whose connection breaks off; botocore tries again only what comes before the body


def handler(event: Event, context: object) -> Event:
    """Answers the film's size and milliseconds. The same recording gives the same bytes, so it may run at once.

    Raises RecordingDamaged, which nothing passes by itself.
    """
    recording = store().recording(event["session_id"], event["attempt"], event["recording"])
    if recording is None or recording.playlist is None or recording.end is None:
        raise LookupError("the recording is not there, or not cut")
    film = recording.film
    if film is None:
        text = _read(recording.playlist.key).decode()
        this = cut_of(text, moment(recording.end))
        film = _make(this, recording.folder, _reader(recording.playlist.key))
        store().add_film(recording, film)
    return {"recording": recording.id, "size": film.size, "milliseconds": film.milliseconds}


def _make(this: Cut, folder: str, read: Callable[[str], bytes]) -> Film:
    bucket, key, picture_key = settings().recordings_bucket, f"{folder}/film.mp4", f"{folder}/picture.jpg"
    with Upload(aws.s3(), bucket, key) as upload:
        made = write_mp4(this, read, upload)
    stored = stored_object(aws.s3(), bucket, key)
    seconds = check(stored, this.seconds, made.frame, made.sound)
    stored.seek(0)
    aws.s3().put_object(Bucket=bucket, Key=picture_key, Body=thumbnail(stored), ContentType="image/jpeg")
    return Film(key, picture_key, made.size, round(seconds * 1000), made.width, made.height)


def _reader(playlist_key: str) -> Callable[[str], bytes]:
    """Reads a segment by its address in the playlist."""

    def read(uri: str) -> bytes:
        try:
            return _read(normpath(join(playlist_key, "..", uri)))
        except aws.s3().exceptions.NoSuchKey:
            raise RecordingDamaged(f"The segment {uri} is not stored any more.", segment=uri) from None

    return read


def _read(key: str) -> bytes:
    for _ in range(TRIES - 1):
        try:
            return _read_once(key)
        except HTTPClientError:
            continue
    return _read_once(key)


def _read_once(key: str) -> bytes:
    return aws.s3().get_object(Bucket=settings().recordings_bucket, Key=key)["Body"].read()
