"""Remove what should not stay stored of an attempt: deleted recordings, and with `privacy: trim` what is in none."""

from collections.abc import Iterator
from posixpath import join, normpath
from typing import Any

from showrunner import aws
from showrunner.cut import media_playlists, only, segments
from showrunner.recording import Recording
from showrunner.session import moment
from showrunner.settings import settings
from showrunner.store import store

Event = dict[str, Any]
AT_ONCE = 1000  # keys that S3 deletes with one call


def handler(event: Event, context: object) -> Event:
    """Answers how many segments were deleted, and how many are kept; another session's are out of its reach."""
    session, attempt = store().session(event["session_id"]), store().attempt(event["session_id"], event["attempt"])
    recordings = store().recordings(session.id, attempt.number)
    for recording in recordings:
        if recording.state == "deleted":
            _delete(list(_keys(f"{recording.folder}/")))
    if not attempt.ended_at:
        return {}
    show, counts = f"{session.id}/{attempt.number}", {}
    if session.trims:
        counts = _trim(show, [each for each in recordings if each.state != "deleted"])
        if counts["deleted"]:
            store().note(session.id, attempt.number, f"privacy-{counts['kept']}", _proof(counts, recordings))
    store().archive_attempt(session.id, attempt.number)
    return counts


def _trim(show: str, recordings: list[Recording]) -> dict[str, int]:
    """Delete the segments of the show that no recording needs, and leave them out of its playlists."""
    master = _read(f"{show}/index.m3u8")
    playlists = {f"{show}/{name}": _read(f"{show}/{name}") for name in media_playlists(master)}
    needed = {key for recording in recordings for key in _needed(recording, playlists)}
    stored = [key for key in _keys(f"{show}/") if key.endswith(".ts") and not key.startswith(f"{show}/recordings/")]
    gone = [key for key in stored if key not in needed]
    if gone:
        for key, text in playlists.items():
            kept = {segment.uri for segment in segments(text) if _beside(key, segment.uri) in needed}
            _write(key, only(text, kept))
        _delete(gone)
    return {"deleted": len(gone), "kept": len(stored) - len(gone)}


def _needed(recording: Recording, playlists: dict[str, str]) -> Iterator[str]:
    """The keys of its playlist's segments; without one, of all in its window, so that it can still be published."""
    if recording.playlist is not None:
        key = recording.playlist.key
        yield from (_beside(key, segment.uri) for segment in segments(_read(key)))
        return
    start, end = (moment(each) if each else None for each in (recording.start, recording.end))
    for key, text in playlists.items():
        for segment in segments(text):
            if (start is None or segment.end > start) and (end is None or segment.start < end):
                yield _beside(key, segment.uri)


def _proof(counts: dict[str, int], recordings: list[Recording]) -> str:
    text = f"Privacy: {counts['deleted']} stored segments were in no recording and are deleted, {counts['kept']} stay"
    whole = [each.id for each in recordings if each.state in ("published", "failed") and each.film is None]
    if whole:
        return f"{text}. Without a film, the first and last segments of {', '.join(whole)} stay whole"
    return f"{text}; nothing outside the recordings is stored"


def _beside(key: str, uri: str) -> str:
    """The key that a playlist's address means."""
    return normpath(join(key, "..", uri))


def _keys(prefix: str) -> Iterator[str]:
    pages = aws.s3().get_paginator("list_objects_v2").paginate(Bucket=settings().recordings_bucket, Prefix=prefix)
    for page in pages:
        yield from (found["Key"] for found in page.get("Contents", []))


def _read(key: str) -> str:
    """Empty where there is none: nothing was stored, or not even begun."""
    try:
        return aws.s3().get_object(Bucket=settings().recordings_bucket, Key=key)["Body"].read().decode()
    except aws.s3().exceptions.NoSuchKey:
        return ""


def _write(key: str, text: str) -> None:
    kind = "application/vnd.apple.mpegurl"
    aws.s3().put_object(Bucket=settings().recordings_bucket, Key=key, Body=text.encode(), ContentType=kind)


def _delete(keys: list[str]) -> None:
    """Raises RuntimeError if S3 does not delete one."""
    for first in range(0, len(keys), AT_ONCE):
        answer = aws.s3().delete_objects(
            Bucket=settings().recordings_bucket,
            Delete={"Objects": [{"Key": key} for key in keys[first : first + AT_ONCE]], "Quiet": True},
        )
        if refused := answer.get("Errors"):
            raise RuntimeError(f"S3 did not delete {refused[0].get('Key')}: {refused[0].get('Code')}")
