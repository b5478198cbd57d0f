"""Cut a closed recording out of the stored show: its playlist, with the exact start, beside the segments."""

from datetime import datetime
from typing import Any

from showrunner import aws
from showrunner.cut import Segment, cut, is_complete, media_playlists, playlist_of, reaches, segments
from showrunner.errors import NotStoredYet
from showrunner.recording import Playlist, Recording
from showrunner.session import moment
from showrunner.settings import settings
from showrunner.store import store

Event = dict[str, Any]


def handler(event: Event, context: object) -> Event:
    """Answers the playlist's milliseconds and gaps; `as_is` takes what is stored even if the end is missing.

    Raises NotStoredYet until a segment covers the end; NothingStored where the window holds no picture.
    """
    recording = store().recording(event["session_id"], event["attempt"], event["recording"])
    store().record_execution(event["session_id"], event["attempt"], event["execution"])
    if recording is None or recording.end is None:
        raise LookupError("the recording is not there, or not closed")
    playlist = recording.playlist
    archived = store().attempt(recording.session_id, recording.attempt).archived_at
    if playlist is None or not (recording.film or archived):  # else it stays as it was published
        playlist = _cut(recording, event.get("as_is", False))
        store().cut_recording(recording, playlist)
    return {"recording": recording.id, "milliseconds": playlist.milliseconds, "gaps": playlist.gaps}


def _cut(recording: Recording, as_is: bool) -> Playlist:
    stored, complete = _stored(recording.show)
    end = moment(str(recording.end))
    if not (complete or reaches(stored, end) or as_is):
        raise NotStoredYet(f"The end of recording '{recording.id}' is not stored yet.")
    this = cut(stored, _start(recording, stored), end)
    key = f"{recording.folder}/index.m3u8"
    aws.s3().put_object(
        Bucket=settings().recordings_bucket,
        Key=key,
        Body=playlist_of(this, lambda uri: f"../../{uri}").encode(),
        ContentType="application/vnd.apple.mpegurl",
    )
    gaps = round(sum(gap.seconds for gap in this.gaps) * 1000)
    return Playlist(key, round(this.seconds * 1000), len(this.gaps), gaps)


def _stored(show: str) -> tuple[list[Segment], bool]:
    """What the show has stored so far, and whether that is all there will be."""
    try:
        master = _read(f"{show}/index.m3u8")
        playlist = _read(f"{show}/{media_playlists(master)[0]}")
    except aws.s3().exceptions.NoSuchKey:
        return [], False
    return segments(playlist), is_complete(playlist)


def _read(key: str) -> str:
    return aws.s3().get_object(Bucket=settings().recordings_bucket, Key=key)["Body"].read().decode()


def _start(recording: Recording, stored: list[Segment]) -> datetime:
    """An armed recording begins with the first stored picture."""
    if recording.start is not None or not stored:
        return moment(recording.start or str(recording.end))
    return stored[0].start
