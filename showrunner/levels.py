"""When a level takes effect, and what that means for a person. Pure.

MediaLive changes no level of a channel that exists, and of an RTMP source none at all (user guide, audio; no schedule
action has to do with sound). So the programme's level counts from the next start, and a push source's has to be set
where it is sent from. Loudness normalisation comes last: what is set before it, it levels out again. An answer says
which of these is so, and never that something is in effect that is not.
"""

from typing import Literal

from msgspec import structs

from showrunner.session import Attempt, Session
from showrunner.sound import Level, Sound


class ProgrammeLevel(Sound, frozen=True, kw_only=True):
    """The programme's level as it is wanted, and when that counts."""

    effect: Literal["in_effect", "at_next_start", "overridden_by_loudness"]
    message: str


class SourceLevel(Level, frozen=True, kw_only=True):
    """A push source's level as it is wanted, and where it has to be set."""

    source: str
    effect: Literal["in_effect", "at_sender", "overridden_by_loudness"]
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


def of_source(session: Session, name: str) -> SourceLevel:
    """Of a push source."""
    effect: Literal["in_effect", "at_sender", "overridden_by_loudness"]
    wanted = session.levels.get(name, Level())
    target = session.sound.loudness_lkfs
    if target is not None and not wanted.mute:
        effect, message = "overridden_by_loudness", f"The programme is levelled to {target} LKFS, '{name}' with it."
    elif wanted == Level():
        effect, message = "in_effect", f"'{name}' is on air as it is sent."
    else:
        do = f"mute '{name}'" if wanted.mute else f"set '{name}' to {wanted.gain_db:+d} dB"
        effect, message = "at_sender", f"MediaLive can't: {do} where it is sent from (in OBS, by the Audio Mixer)."
    return SourceLevel(**structs.asdict(wanted), source=name, effect=effect, message=message)
