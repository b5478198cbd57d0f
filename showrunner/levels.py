"""When a level takes effect, and what that means for a person. Pure.

MediaLive changes no level of a channel that exists, and of an RTMP source none at all (user guide, audio; no schedule
action has to do with sound). So the programme's level counts from the next start, and a push source's has to be set
where it is sent from. Loudness normalisation comes last: what is set before it, it levels out again. An answer says
which of these is so, and never that something is in effect that is not.
"""

from typing import Any

from showrunner.session import Attempt, Session
from showrunner.sound import Level


def of_programme(session: Session, attempt: Attempt | None) -> dict[str, Any]:
    """`attempt`: the one that runs, if one does. `effect`: in_effect, at_next_start or overridden_by_loudness."""
    wanted = session.sound
    if wanted.loudness_lkfs is not None and wanted.gain_db and not wanted.mute:
        effect = "overridden_by_loudness"
        message = f"After any gain the programme is levelled to {wanted.loudness_lkfs} LKFS."
    elif attempt is None or attempt.sound != wanted:
        effect = "at_next_start"
        message = "It counts from the next start: MediaLive changes no level of a channel that exists."
    else:
        effect, message = "in_effect", f"The programme: {wanted}."
    return {**_shown(wanted), "loudness_lkfs": wanted.loudness_lkfs, "effect": effect, "message": message}


def of_source(session: Session, name: str) -> dict[str, Any]:
    """Of a push source. `effect`: in_effect, at_sender or overridden_by_loudness."""
    wanted = session.levels.get(name, Level())
    target = session.sound.loudness_lkfs
    if target is not None and not wanted.mute:
        effect, message = "overridden_by_loudness", f"The programme is levelled to {target} LKFS, '{name}' with it."
    elif wanted == Level():
        effect, message = "in_effect", f"'{name}' is on air as it is sent."
    else:
        do = f"mute '{name}'" if wanted.mute else f"set '{name}' to {wanted.gain_db:+d} dB"
        effect, message = "at_sender", f"MediaLive can't: {do} where it is sent from (in OBS, by the Audio Mixer)."
    return {"source": name, **_shown(wanted), "effect": effect, "message": message}


def _shown(wanted: Level) -> dict[str, Any]:
    return {"gain_db": wanted.gain_db, "mute": wanted.mute}
