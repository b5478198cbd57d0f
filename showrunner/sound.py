"""Levels as they are wanted: of a source, and of the whole programme."""

from typing import Annotated

from msgspec import Meta, Struct

MUTE_DB = -60

Gain = Annotated[int, Meta(ge=MUTE_DB, le=6, description="whole dB from -60 to 6")]
Loudness = Annotated[int, Meta(ge=-59, le=0, description="whole LKFS from -59 to 0, or null")]


class Level(Struct, frozen=True, forbid_unknown_fields=True):
    """In dB from how it is sent; `mute` is silence, and keeps the gain for afterwards.

    The range is that of MediaLive's RemixSettings, in which -60 is silence.
    """

    gain_db: Gain = 0
    mute: bool = False

    @property
    def copy(self) -> str | None:
        """What a file that was brought to this level is called; None as it is."""
        if self.mute or self.gain_db == MUTE_DB:
            return "mute"
        return f"{'up' if self.gain_db > 0 else 'down'}{abs(self.gain_db)}" if self.gain_db else None

    def __str__(self) -> str:
        return "muted" if self.mute else f"{self.gain_db:+d} dB"


class Sound(Level, frozen=True, forbid_unknown_fields=True):
    """The programme's level. `loudness_lkfs`: level everything to this loudness (ITU-R BS.1770); None leaves it."""

    loudness_lkfs: Loudness | None = None

    def __str__(self) -> str:
        level = super().__str__()
        return level if self.loudness_lkfs is None else f"{level}, loudness {self.loudness_lkfs} LKFS"
