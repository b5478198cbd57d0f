"""When a level takes effect, and what that means for a person. Pure.

MediaLive changes no level of a channel that exists, and of an RTMP source none at all (user guide, audio; no schedule
action has to do with sound). So the programme's level counts from the next start, and a push source's has to be set
where it is sent from. Of a file a copy is made at the level, and the next play plays it. Loudness normalisation comes
last: what is set before it, it levels out again. An answer says which of these is so, and never that something is in
effect that is not.
"""

from typing import Literal

from msgspec import structs

from showrunner.session import Attempt, Session
from showrunner.sound import Level, Sound


class ProgrammeLevel(Sound, frozen=True, kw_only=True):
    """The programme's level as it is wanted, and when that counts."""

    effect: Literal["in_effect", "at_next_start", "overridden_by_loudness"]
    message: str


SourceEffect = Literal["in_effect", "at_sender", "at_next_play", "overridden_by_loudness"]


class SourceLevel(Level, frozen=True, kw_only=True):
    """A source's level as it is wanted, and when that counts: a push source's where it is set, of files the copies'."""

    source: str
    effect: SourceEffect
    message: str


def of_programme(session: Session, attempt: Attempt | None) -> ProgrammeLevel:
    """`attempt`: the one that runs, if one does."""
    wanted = session.sound
    effect: Literal["in_effect", "at_next_start", "overridden_by_loudness"]
    if wanted.loudness_lkfs is not None and wanted.gain_db and not wanted.mute:
        effect = "overridden_by_loudness"
        message = f"After any gain the programme is levelled to {wanted.loudness_lkfs} LKFS."
    elif attempt is None or attempt.sound != wanted:
        effect = "at_next_start"
        message = "It counts from the next start: MediaLive changes no level of a channel that exists."
    else:
        effect, message = "in_effect", f"The programme: {wanted}."
    return ProgrammeLevel(**structs.asdict(wanted), effect=effect, message=message)


def of_source(session: Session, name: str, attempt: Attempt | None) -> SourceLevel:
    """`attempt`: the one that runs, if one does."""
    effect: SourceEffect
    wanted = session.level(name)
    target = session.sound.loudness_lkfs
    if target is not None and not wanted.mute:
        effect, message = "overridden_by_loudness", f"The programme is levelled to {target} LKFS, '{name}' with it."
    elif name == session.file_source:
        effect, message = _of_files(name, wanted, attempt)
    elif wanted == Level():
        effect, message = "in_effect", f"'{name}' is on air as it is sent."
    else:
        do = f"mute '{name}'" if wanted.mute else f"set '{name}' to {wanted.gain_db:+d} dB"
        effect, message = "at_sender", f"MediaLive can't: {do} where it is sent from (in OBS, by the Audio Mixer)."
    return SourceLevel(**structs.asdict(wanted), source=name, effect=effect, message=message)


def _of_files(name: str, wanted: Level, attempt: Attempt | None) -> tuple[SourceEffect, str]:
    """(effect, message)."""
    if attempt and attempt.on_air == name:
        coming = [each.copy for each in attempt.switches.values() if each.source == name]
        if all(copy == wanted.copy for copy in (attempt.on_air_copy, *coming)):
            return "in_effect", f"What plays is at {wanted}."
        return "at_next_play", f"{wanted} counts from the next play on; what plays, or follows in the chain, stays."
    if wanted.copy is None:
        return "in_effect", f"The tracks of '{name}' play as they were levelled."
    return "at_next_play", f"{wanted} counts for each track once there is a copy of it: GET .../tracklist tells."
