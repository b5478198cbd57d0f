"""Abort uploads that nobody goes on with, and look for stored shows that no row knows.

What is stored is never deleted here: a table that was restored from a backup would cost all that was recorded since.
"""

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from showrunner import aws, clock
from showrunner.settings import settings
from showrunner.store import store
from showrunner.sweep import Sweep

Event = dict[str, Any]
UPLOAD_SECONDS = 3600  # a function that makes a film is gone after 15 minutes
SESSIONS_AT_ONCE = 100  # of which one sweep looks into the stored shows; the next sweep goes on behind them
FILM = re.compile(r"[A-Za-z0-9_-]{1,40}/[1-9][0-9]*/recordings/[1-9][0-9]*/film\.mp4")


def handler(event: Event, context: object) -> Event:
    sweep = Sweep(event)
    for key, upload_id in _stale_uploads():
        sweep.find("upload", key, "abort", partial(_abort, key, upload_id))
    sessions = _folders("", store().cursor())
    for session in sessions:
        for show in _folders(session, ""):
            if not _known(show):
                sweep.find("stored show", show, "report")
    if not sweep.dry_run:
        # Behind the last folder come names that go on with what follows the slash.
        store().move_cursor(sessions[-1][:-1] + chr(ord("/") + 1) if len(sessions) == SESSIONS_AT_ONCE else "")
    return sweep.answer


def _stale_uploads() -> Iterator[tuple[str, str]]:
    pages = aws.s3().get_paginator("list_multipart_uploads").paginate(Bucket=settings().recordings_bucket)
    for page in pages:
        for upload in page.get("Uploads", []):
            age = (clock.now() - upload["Initiated"]).total_seconds()
            if FILM.fullmatch(upload["Key"]) and age > UPLOAD_SECONDS:
                yield upload["Key"], upload["UploadId"]


def _abort(key: str, upload_id: str) -> None:
    aws.s3().abort_multipart_upload(Bucket=settings().recordings_bucket, Key=key, UploadId=upload_id)


def _folders(prefix: str, after: str) -> list[str]:
    """The first of those directly below `prefix`, with their slashes."""
    page = aws.s3().list_objects_v2(
        Bucket=settings().recordings_bucket, Prefix=prefix, Delimiter="/", StartAfter=after, MaxKeys=SESSIONS_AT_ONCE
    )
    return [each["Prefix"] for each in page.get("CommonPrefixes", [])]


def _known(show: str) -> bool:
    """Whether there is a row of the attempt that SESSION/ATTEMPT/ is named for."""
    session_id, number = show.rstrip("/").split("/")
    return number.isdecimal() and store().tended(session_id, int(number)) is not None
