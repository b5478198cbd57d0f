"""Make a recording's film: an MP4 copied from S3 to S3, looked at there, and a picture that stands for it.

Where privacy asks for it, the recording's first and last segments are cut at its window first, and its playlist names
the pieces: then neither the film nor the playlist holds a picture or a sound from outside.
"""

from collections.abc import Callable
from posixpath import join, normpath
from typing import Any

from botocore.exceptions import HTTPClientError

from recorder.boundary import bounded
from recorder.checks import check
from recorder.errors import RecordingDamaged
from recorder.mp4 import write_mp4
from recorder.picture import thumbnail
from recorder.ranges import stored_object
from recorder.upload import Upload
from showrunner import aws
from showrunner.cut import Cut, cut_of, playlist_of
from showrunner.recording import Film, Playlist
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
    if film is None and recording.state != "deleted":
        read = _reader(recording.playlist.key)
        this = cut_of(_read(recording.playlist.key).decode(), moment(recording.end))
        if store().session(recording.session_id).trims:
            this = _trim(this, recording.playlist, read)
        film = _make(this, recording.playlist, recording.folder, read)
        store().add_film(recording, film)
    return {"recording": recording.id, "size": film.size, "milliseconds": film.milliseconds} if film else {}


def _trim(this: Cut, playlist: Playlist, read: Callable[[str], bytes]) -> Cut:
    """Store the pieces, and then the playlist that names them."""
    trimmed, pieces = bounded(this, read)
    for uri, data in pieces.items():
        _write(normpath(join(playlist.key, "..", uri)), data, "video/mp2t")
    _write(playlist.key, playlist_of(trimmed, str).encode(), "application/vnd.apple.mpegurl")
    return trimmed


def _make(this: Cut, playlist: Playlist, folder: str, read: Callable[[str], bytes]) -> Film:
    bucket, key, picture_key = settings().recordings_bucket, f"{folder}/film.mp4", f"{folder}/picture.jpg"
    with Upload(aws.s3(), bucket, key) as upload:
        made = write_mp4(this, read, upload)
    stored = stored_object(aws.s3(), bucket, key)
    seconds = check(stored, playlist.milliseconds / 1000, made.frame, made.sound)
    stored.seek(0)
    _write(picture_key, thumbnail(stored), "image/jpeg")
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


def _write(key: str, data: bytes, content_type: str) -> None:
    aws.s3().put_object(Bucket=settings().recordings_bucket, Key=key, Body=data, ContentType=content_type)


def _read_once(key: str) -> bytes:
    return aws.s3().get_object(Bucket=settings().recordings_bucket, Key=key)["Body"].read()
