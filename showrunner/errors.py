"""What can go wrong, in the product's own words.

Each error's class name is what an API answer calls `error` and what a state machine's Retry and Catch match,
so a rename here is a change of both. `status` is the HTTP status where the API raises it.
"""

import json
from typing import Any


class ShowrunnerError(Exception):
    """One sentence that says what is wrong and what to do; `details` name fields and values, never secrets."""

    status = 500

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class InvalidRequest(ShowrunnerError):
    """The request's body, id or query is not what the API takes."""

    status = 400


class BodyTooLarge(ShowrunnerError):
    status = 413


class UnsupportedMediaType(ShowrunnerError):
    status = 415


class IdempotencyKeyReused(ShowrunnerError):
    """The same Idempotency-Key came with another request."""

    status = 422


class Forbidden(ShowrunnerError):
    status = 403


class NotFound(ShowrunnerError):
    status = 404


class SessionNotFound(NotFound):
    """No such session, or one of another owner: the two are told alike."""

    def __init__(self, session_id: str) -> None:
        super().__init__(f"There is no session '{session_id}'. Create it with POST /sessions.", id=session_id)


class RecordingNotFound(NotFound):
    def __init__(self, recording_id: str) -> None:
        super().__init__(f"There is no recording '{recording_id}'.", id=recording_id)


class ThumbnailNotFound(NotFound):
    """There is no picture of what is on air, or none yet."""


class MediaNotFound(NotFound):
    """A file that is to be played is not in the media bucket, or not the caller's."""


class MediaRefused(ShowrunnerError):
    """An uploaded file can't be played, or laid over the picture; the message says why."""


class Conflict(ShowrunnerError):
    """The session's state does not allow it now."""

    status = 409


class TooManySessions(Conflict):
    """As many sessions run as may run at once, of the owner or of the stage."""


class QuotaExceeded(Conflict):
    """An account limit of MediaLive or IVS is used up: refused by the API, or by AWS in a task."""


class BudgetUsedUp(Conflict):
    """A month's budget is used up, of the owner or of the stage, and nothing is to start then."""


class TracklistChanged(Conflict):
    """Somebody else has edited the list since it was read."""


class SessionExists(Conflict):
    def __init__(self, session_id: str) -> None:
        super().__init__(f"The id '{session_id}' is taken. Choose another one.", id=session_id)


class SessionStopping(Conflict):
    """A start while the previous attempt is still being cleaned up."""


class ThumbnailsBusy(ShowrunnerError):
    """The account asks MediaLive for more pictures than it gives a second."""

    status = 503


# What follows is raised in tasks, and named in the state machines.


class StopRequested(ShowrunnerError):
    """The producer pressed stop; the way to a clean end, not a failure."""

    def __init__(self) -> None:
        super().__init__("The session was asked to stop.")


class InProgress(ShowrunnerError):
    """Another run of the same task, or another request, is at it; retried."""

    status = 503


class ChannelBusy(ShowrunnerError):
    """The MediaLive channel is between two states; retried."""


class ChannelGone(ShowrunnerError):
    """The MediaLive channel was deleted behind the session's back."""


class NotListedYet(ShowrunnerError):
    """What was made just now may not be in MediaLive's lists yet; retried once."""


class InputBusy(ShowrunnerError):
    """An input is still attached to a channel that goes away; retried."""


class StreamBusy(ShowrunnerError):
    """The IVS channel is still live; retried."""


class ChannelRefused(ShowrunnerError):
    """MediaLive does not accept the channel's settings."""


class OutputNotFound(ShowrunnerError):
    """The IVS channel to borrow does not exist, or is not the owner's."""

    status = 404


class OutputInUse(ShowrunnerError):
    """The IVS channel to borrow is held by another session."""

    status = 409


class NotStoredYet(ShowrunnerError):
    """The recording's end is not in S3 yet; retried."""


class RecordingsUnsettled(ShowrunnerError):
    """A recording of the ended show is still being published; retried."""


class CleanupIncomplete(ShowrunnerError):
    """Something of the attempt could not be removed; the sweeper tries again."""


class SweepIncomplete(ShowrunnerError):
    """Something that a sweep found could not be cleaned, or a step of it failed; the next sweep tries again."""


def sentence(cause: str) -> str:
    """The message in a Lambda's Cause, without its stack trace; another's Cause as it is."""
    try:
        return str(json.loads(cause)["errorMessage"])
    except (ValueError, TypeError, KeyError):
        return cause
