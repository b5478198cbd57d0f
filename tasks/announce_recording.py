"""Tell that a recording is published: in the timeline, and as an event on the bus."""

import json
from typing import Any

from showrunner import aws
from showrunner.store import store

Event = dict[str, Any]


def handler(event: Event, context: object) -> Event:
    """Its detail: {"session_id", "recording_id", "milliseconds", "gaps", "playlist_key"}. It may come twice."""
    recording = store().recording(event["session_id"], event["attempt"], event["recording"])
    if recording is None or recording.published is None:
        raise LookupError("the recording is not there, or not published")
    published = recording.published
    detail = {
        "session_id": recording.session_id,
        "recording_id": recording.id,
        "milliseconds": published.milliseconds,
        "gaps": published.gaps,
        "playlist_key": published.playlist_key,
    }
    entry = {"Source": "showrunner", "DetailType": "Recording Published", "Detail": json.dumps(detail)}
    answer = aws.events().put_events(Entries=[entry])  # type: ignore[list-item]
    if answer["FailedEntryCount"]:
        raise RuntimeError(f"EventBridge did not take the event: {answer['Entries'][0].get('ErrorCode')}")
    seconds = published.milliseconds / 1000
    text = f"Recording '{recording.id}' is published: {seconds:.1f} s" + (", with gaps" if published.gaps else "")
    store().note(recording.session_id, recording.attempt, f"published-{recording.number}", text)
    return {}
