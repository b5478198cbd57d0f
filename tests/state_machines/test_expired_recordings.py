"""A lifecycle rule removes files, and rows do not know: the API asks S3, with the permissions that it has."""

import msgspec
import pytest

from showrunner.recording import Playlist, Recording
from showrunner.store.recordings import recording_key
from showrunner.store.table import pack
from tests.studio import Studio


@pytest.mark.parametrize(("stored", "state"), [(True, "published"), (False, "expired")])
def test_a_recording_without_its_files_is_expired(studio: Studio, stored: bool, state: str) -> None:
    show, then = studio.create(), "2026-01-01T00:00:00.000Z"
    recording = Recording(show, 1, 1, studio.session_owner(), "show", "published", then, then, then)
    recording.playlist = Playlist(f"{recording.folder}/index.m3u8", 1000)
    row = {**recording_key(show, 1, 1), **msgspec.to_builtins(recording)}
    studio.aws["dynamodb"].put_item(TableName=studio.outputs["TableName"], Item=pack(row))
    if stored:
        bucket = studio.outputs["RecordingsBucket"]
        studio.aws["s3"].put_object(Bucket=bucket, Key=recording.playlist.key, Body=b"#EXTM3U\n")
    answer = studio.call("GET", f"/recordings/{recording.id}")
    assert answer.status_code == 200, answer.text
    assert answer.json()["state"] == state
    assert (answer.json()["playlist"] is not None) == stored
    assert (answer.json()["playlist_cookies"] is not None) == stored
