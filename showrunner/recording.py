"""A recording: a named window of a show, closed once, published once.

MediaLive stores the whole show; a recording says from when to when. Its times are PROGRAM-DATE-TIME, which
is when the encoder made a picture: a window from T holds what was encoded at T.
"""

from datetime import timedelta
from typing import Annotated, Literal

from msgspec import Meta, Struct

from showrunner import clock
from showrunner.session import isotime

# armed: waits for the first stored picture; closed: its end is known, it is being published; deleted: its number stays.
RecordingState = Literal["armed", "open", "closed", "published", "failed", "deleted"]
OPEN: frozenset[RecordingState] = frozenset({"armed", "open"})
DEFAULT_NAME = "recording"
AUTOMATIC_NAME = "show"  # of the window that `record: auto` opens
RETRIES = (120, 300, 600, 1200, 2400)  # seconds before each time that what failed is begun again by itself
FOR_GOOD = frozenset({"NothingStored", "RecordingDamaged"})  # errors that no trouble passes with

RecordingName = Annotated[
    str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,30}\Z", description="up to 31 of a-z, 0-9, '-' and '_'")
]


class Playlist(Struct, frozen=True):
    """A recording's HLS: the playlist's key in the recordings bucket, and how long it plays, without its gaps."""

    key: str
    milliseconds: int
    gaps: int = 0
    gap_milliseconds: int = 0


class Film(Struct, frozen=True):
    """A recording's MP4 and its picture: keys in the recordings bucket; bytes, pixels, and how long it plays."""

    key: str
    picture_key: str
    size: int
    milliseconds: int
    width: int
    height: int


class Recording(Struct):
    """Times are UTC ISO 8601 with milliseconds; `start` is None while armed: the first stored picture.

    `film_failure` is why a recording has its playlist and no film. `retry_at`: when what failed is begun again, once
    the show has ended, which was done `tries` times; None if only its owner can have that done.
    """

    session_id: str
    attempt: int
    number: int
    owner: str
    name: str
    state: RecordingState
    requested_at: str
    start: str | None = None
    end: str | None = None
    reason: str | None = None
    playlist: Playlist | None = None
    film: Film | None = None
    film_failure: str | None = None
    tries: int = 0
    retry_at: str | None = None

    @property
    def id(self) -> str:
        """Also the name of the execution that publishes it: it is published once."""
        return f"{self.session_id}-{self.attempt}-{self.number}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    def next_try(self, error: str) -> str | None:
        """When it is begun again after an error of this name; what is settled already stays."""
        return None if error in FOR_GOOD else self.retry_at or self.pause(self.tries)

    @staticmethod
    def pause(tries: int) -> str | None:
        """Until when to wait from now on, after so many tries; None if they were enough."""
        return isotime(clock.now() + timedelta(seconds=RETRIES[tries])) if tries < len(RETRIES) else None

    @property
    def show(self) -> str:
        """Where in the recordings bucket the show is stored, of which it is a window."""
        return f"{self.session_id}/{self.attempt}"

    @property
    def folder(self) -> str:
        """Where in the recordings bucket its own files are: playlist, film, picture."""
        return f"{self.show}/recordings/{self.number}"


def parts_of(recording_id: str) -> tuple[str, int, int] | None:
    """(session id, attempt, number) of a recording's id; None for what is none."""
    session_id, _, rest = recording_id.rpartition("-")
    session_id, _, attempt = session_id.rpartition("-")
    if not session_id or not attempt.isdecimal() or not rest.isdecimal():
        return None
    return session_id, int(attempt), int(rest)
