"""Copies of tracks at a level: asked for here, and made by the function that looks at uploads (`workflows/uploads.py`).

MediaLive changes no level of what it plays: what is to be louder or quieter is a file of its own.
"""

import json
from collections.abc import Iterable

from showrunner import aws
from showrunner.media import Media
from showrunner.session import Session
from showrunner.settings import settings
from showrunner.sound import Level
from showrunner.store import store


def of_list(session: Session, source: str, again: bool = False) -> None:
    """Have those made that the tracklist needs; `again`: also what has failed before."""
    level = session.level(source)
    if level.copy:
        found = (store().media(session.owner, item) for item in dict.fromkeys(session.tracklist.items))
        ask([media for media in found if media], level, again)


def ask(media: Iterable[Media], level: Level, again: bool = False) -> None:
    """Have copies made that are not there. Asked twice, it is made once."""
    for each in media:
        state = each.copy_state(level)
        if each.state == "ready" and (state == "being_made" or (again and state == "failed")):
            wanted = {"owner": each.owner, "id": each.id, "gain_db": level.gain_db, "mute": level.mute}
            payload = json.dumps({"copy": wanted}).encode()
            aws.functions().invoke(FunctionName=settings().check_media_arn, InvocationType="Event", Payload=payload)
