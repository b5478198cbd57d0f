"""What the API shows of a session: alone, in lists, and since the answer before."""

import hashlib
import re
from collections.abc import Sequence
from datetime import timedelta

import msgspec
from msgspec import structs

from showrunner import clock, cost, executions, guards, levels, standing
from showrunner.recording import Recording
from showrunner.session import HOLDING, MEANING, NO_STREAM, Attempt, Session, TimelineEntry, isotime, moment
from showrunner.settings import settings
from showrunner.switch import Cue
from workflows.answers import OpenRecording, PendingSwitch, SessionNow, SessionSummary, SessionView

# Entries are kept by when they happened, and written a little later: before the newest there may yet come another.
# A write that meets others is tried for less than 2 s (`showrunner/store/table.py`).
OVERLAP = timedelta(seconds=10)


def summary(session: Session) -> SessionSummary:
    return SessionSummary(**structs.asdict(session), message=_meaning(session))


def view(session: Session, attempt: Attempt | None) -> SessionView:
    """With what its newest attempt has made. Told by these two alone: nothing is read."""
    running = None if session.resting else attempt
    told = {
        "message": _meaning(session),
        "sound": levels.of_programme(session, running),
        "levels": [levels.of_source(session, each.name, running) for each in session.sources],
        "ingest": standing.ingest(session, running),
    }
    shown = SessionView(**structs.asdict(session) | told)
    if attempt:
        shown.playback_url = attempt.playback_url if not session.resting else None
        shown.running_at, shown.live_at = attempt.running_at, attempt.live_at
        shown.step = standing.step(session, attempt)
        deadlines = guards.told(session, attempt)
        shown.deadlines = [{"kind": each.kind, "at": isotime(each.at), "message": each.text} for each in deadlines]
        shown.warnings = list(standing.warnings(session, attempt, deadlines, clock.now()))
        shown.rates = cost.rates(session, attempt)
        if session.switchable:
            shown.on_air, shown.on_air_item, shown.taking = attempt.on_air, attempt.on_air_item, attempt.taking
            shown.on_air_position, shown.on_air_at = attempt.on_air_position, attempt.on_air_at
            shown.on_air_until = attempt.on_air_until
            shown.switches = _pending(attempt)
            shown.cued = attempt.cued if attempt.cued != Cue(attempt.on_air or "", attempt.on_air_item) else None
            shown.overlays = [attempt.overlays[layer] for layer in sorted(attempt.overlays)]
        if session.state == "live":
            shown.viewers, shown.health = attempt.viewers, attempt.health
        if session.state == "live" and attempt.stream_lost_at:
            shown.stream_lost_at, shown.message = attempt.stream_lost_at, NO_STREAM
        if session.state == "live" and (ends_at := guards.ends_at(session, attempt)):
            shown.ends_at = isotime(ends_at)
        if session.state == "waiting_for_input" and attempt.hold:
            shown.message = HOLDING
        shown.execution_arn = executions.session_execution(attempt)
        if session.record != "off" and attempt.live_at:
            shown.recording = f"s3://{settings().recordings_bucket}/{session.id}/{attempt.number}/index.m3u8"
    return shown


def now(
    shown: SessionView, recordings: Sequence[Recording], entries: Sequence[TimelineEntry] | None, after: str
) -> SessionNow:
    """`entries` of the timeline since `after`; the cursor lets the last of them come again, for those that are late."""
    is_open: list[OpenRecording] = [
        {
            "id": each.id,
            "name": each.name,
            "state": each.state,
            "requested_at": each.requested_at,
            "start": each.start,
        }
        for each in recordings
        if each.is_open
    ]
    answer = SessionNow(**structs.asdict(shown), open_recordings=is_open)
    if entries is not None:
        newest = isotime(moment(entries[-1].at) - OVERLAP) if entries else ""
        answer.timeline, answer.cursor = list(entries), max(after, newest)
    return answer


def etag(shown: SessionView) -> str:
    """Of all that the API shows of a session: what is written elsewhere adds to its version."""
    digest = hashlib.sha256(msgspec.json.encode(shown)).hexdigest()[:16]
    return f'"{shown.attempt}-{shown.version}-{digest}"'


def attempt_of(etags: str) -> int:
    """Of which attempt the caller knows: the one to read with the session. 0 where it says nothing of it."""
    found = re.match(r'(?:W/)?"([0-9]{1,6})-', etags)
    return int(found[1]) if found else 0


def _meaning(session: Session) -> str:
    return MEANING[session.state].replace("{id}", session.id)


def _pending(attempt: Attempt) -> list[PendingSwitch]:
    return [
        {
            "action": each.action,
            "source": each.source,
            "item": each.item,
            "asked_at": each.asked_at,
            "at": each.at,
            "after": each.after,
            "state": "unconfirmed" if each.unconfirmed(clock.now()) else "asked",
        }
        for each in sorted(attempt.switches.values(), key=lambda switch: switch.due)
    ]
