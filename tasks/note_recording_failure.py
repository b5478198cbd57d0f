"""Write down why a recording could not be published, or has no film; what is stored of it stays.

And when it is worth another try, which SettleRecordings begins once the show has ended.
"""

from typing import Any

from showrunner.store import store
from tasks.note_failure import failure_of

Event = dict[str, Any]


def handler(event: Event, context: object) -> Event:
    """`error` is what Catch wrote: {"Error", "Cause"}; `playable` says that there is a playlist, and no film."""
    recording = store().recording(event["session_id"], event["attempt"], event["recording"])
    if recording is None:
        return {}
    failure = failure_of(event["error"])
    reason, retry_at = failure.reason, recording.next_try(failure.error)
    if retry_at:
        reason = f"{reason.rstrip('.')}. It is tried again after the show, not before {retry_at}."
    if event.get("playable"):
        store().fail_film(recording, reason, retry_at)
        return {}
    store().fail_recording(recording, reason, retry_at)
    text = f"Recording '{recording.id}' failed: {reason}"
    store().note(recording.session_id, recording.attempt, f"failed-{recording.number}", text)
    return {}
