"""See to it that the recordings of an attempt are done: what nobody publishes any more, or failed by a trouble that
may be over, is published again.
"""

from typing import Any

from showrunner import clock
from showrunner.errors import RecordingsUnsettled
from showrunner.executions import running_recordings, start_recording
from showrunner.recording import Recording
from showrunner.session import moment
from showrunner.store import store

Event = dict[str, Any]


def handler(event: Event, context: object) -> Event:
    """While the show goes on, only what has been closed is waited for. Raises RecordingsUnsettled."""
    attempt = store().attempt(event["session_id"], event["attempt"])
    store().record_execution(attempt.session_id, attempt.number, event["execution"])
    at_work = running_recordings()
    unsettled = []
    for recording in store().recordings(attempt.session_id, attempt.number):
        if _runs(recording, at_work):
            unsettled.append(recording.id)
        elif recording.state == "closed" or (recording.is_open and attempt.ended_at):
            store().close_recording(recording, attempt.closing_at or attempt.ended_at or "")
            start_recording(recording, again=True)
            unsettled.append(recording.id)
        elif recording.retry_at and recording.state != "deleted" and attempt.ended_at:
            if moment(recording.retry_at) <= clock.now():
                start_recording(recording, again=True)
                store().try_again(recording)
            unsettled.append(recording.id)
    if unsettled:
        raise RecordingsUnsettled(f"Still being published: {', '.join(unsettled)}.")
    return {}


def _runs(recording: Recording, at_work: list[str]) -> bool:
    return any(name == recording.id or name.startswith(f"{recording.id}-") for name in at_work)
