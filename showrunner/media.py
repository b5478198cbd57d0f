"""The media bucket: the files that a channel plays, and what owners have put there. Pure.

| key                      | what                                                                       |
| ------------------------ | -------------------------------------------------------------------------- |
| slate/default.mp4        | the slate of every session that has none of its own; a deployment puts it  |
| uploads/{owner}/{id}     | what an owner uploaded, for a day, until it was looked at                   |
| media/{owner}/{id}.mp4   | a track or a slate that is ready                                           |
| media/{owner}/{id}.down6.mp4 | a copy of a track that is 6 dB quieter; also up3, mute                 |
| media/{owner}/{id}.png   | an image that is ready, or .bmp, .tga                                      |
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from showrunner.errors import MediaNotFound
from showrunner.settings import settings
from showrunner.sound import Level
from showrunner.switch import File

SLATE_KEY = "slate/default.mp4"
MediaKind = Literal["track", "slate", "image"]
MediaState = Literal["waiting", "checking", "ready", "refused", "failed"]
CopyState = Literal["being_made", "ready", "failed"]
MEANING: dict[MediaState, str] = {
    "waiting": "Upload the file to the address that POST /media gave; it holds for an hour.",
    "checking": "The file is there and is looked at.",
    "ready": "It can be used.",
    "refused": "The file can't be used. Add another one.",
    "failed": "The file could not be looked at. Add it again.",
}
MediaId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,40}\Z", description="the id of one of your media")]
MOST_BYTES: dict[MediaKind, int] = {"track": 2 << 30, "slate": 2 << 30, "image": 20 << 20}


class Media(Struct):
    """A file of an owner's. `milliseconds` and `gain_db`, what its sound was changed by, are a film's.

    `copies`: the levels at which there is one of a track (`Level.copy`), and `failed_copies`, which could not be made.
    """

    id: str
    owner: str
    kind: MediaKind
    title: str
    created_at: str
    state: MediaState = "waiting"
    reason: str | None = None
    suffix: str | None = None
    size: int | None = None
    width: int | None = None
    height: int | None = None
    milliseconds: int | None = None
    gain_db: str | None = None
    copies: set[str] | None = None
    failed_copies: set[str] | None = None

    @property
    def upload_key(self) -> str:
        return f"uploads/{self.owner}/{self.id}"

    @property
    def file(self) -> str:
        """Its name in its owner's folder, once it is ready: the `$urlPath$` of the tracklist."""
        return f"{self.id}.{self.suffix}"

    @property
    def key(self) -> str:
        return f"{folder_of(self.owner)}/{self.file}"

    def copy_key(self, copy: str) -> str:
        return f"{folder_of(self.owner)}/{self.file_at(copy)}"

    def file_at(self, copy: str | None) -> str:
        """The name of a copy; of the file as it was levelled without one."""
        return f"{self.id}.{copy}.{self.suffix}" if copy else self.file

    def at(self, level: Level) -> File:
        """What is played of it at a level: until there is a copy, the file as it was levelled."""
        copy = level.copy if level.copy in (self.copies or ()) else None
        return File(self.file_at(copy), self.milliseconds, copy)

    def copy_state(self, level: Level) -> CopyState:
        if level.copy is None or level.copy in (self.copies or ()):
            return "ready"
        return "failed" if level.copy in (self.failed_copies or ()) else "being_made"


def usable(media: Media | None, media_id: str, kind: MediaKind) -> Media:
    """Raises MediaNotFound for what is not there, not ready, or of another kind."""
    if media is None:
        raise MediaNotFound(f"You have no file '{media_id}'. GET /media lists yours.", id=media_id)
    if media.kind != kind:
        raise MediaNotFound(f"The file '{media_id}' is no {kind}: it was added as a {media.kind}.", id=media_id)
    if media.state != "ready":
        raise MediaNotFound(f"The file '{media_id}' is {media.state}, not ready.", id=media_id)
    return media


def folder_of(owner: str) -> str:
    """Where an owner's ready files are."""
    return f"media/{owner}"


def parts_of(upload_key: str) -> tuple[str, str]:
    """(owner, id) of an upload's key."""
    _, owner, media_id = upload_key.split("/")
    return owner, media_id


def url_of(key: str) -> str:
    """As MediaLive reads it."""
    return f"s3ssl://{settings().media_bucket}/{key}"
