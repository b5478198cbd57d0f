"""Write down why a recording could not be published, or has no film; what is stored of it stays."""

from typing import Any

from showrunner.store import store
from tasks.note_failure import failure_of

Event = dict[str, Any]


def handler(event: Event, context: object) -> Event:
    """`error` is what Catch wrote: {"Error", "Cause"}; `playable` says that there is a playlist, and no film."""
    recording = store().recording(event["session_id"], event["attempt"], event["recording"])
    if recording is None:
        return {}
    reason = failure_of(event["error"]).reason
    if event.get("playable"):
        store().fail_film(recording, reason)
        return {}
    store().fail_recording(recording, reason)
    text = f"Recording '{recording.id}' failed: {reason}"
    store().note(recording.session_id, recording.attempt, f"failed-{recording.number}", text)
    return {}
