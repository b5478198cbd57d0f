"""The seconds are over: if the source on air still has no picture, put the fallback on air, and tell of it."""

from typing import Any

from showrunner import bus, fallback, medialive
from showrunner.fallback import Loss
from showrunner.session import Attempt, Session, now
from showrunner.store import store

Event = dict[str, Any]


def handler(event: Event, context: object) -> Event:
    """Answers what was asked for; nothing when the picture is back, or a producer has taken another source."""
    session, attempt = store().session(event["session_id"]), store().attempt(event["session_id"], event["attempt"])
    store().record_execution(session.id, attempt.number, event["execution"])
    channel = medialive.channel(attempt.channel_id)
    lost = Loss(event["source"], event["alert"])
    switch = fallback.switch(session, lost, now())
    text = f"No picture from '{lost.source}' for {event['seconds']} s: '{switch.source}' was asked for"
    if channel is None or fallback.taken_meanwhile(attempt, switch):
        return {"source": None}
    if channel.action != switch.action:  # else an earlier run has put it on air
        if not _is_lost(session, attempt, channel, lost):
            return {"source": None}
        store().ask(session.id, attempt.number, [switch], text)
        medialive.switch_now(channel.id, switch.action, switch.source)
    detail = {"session_id": session.id, "attempt": attempt.number, "warning": "NoPicture", "message": text}
    bus.publish("Session Warning", {**detail, "lost": lost.source, "fallback": switch.source})
    return {"source": switch.source}


def _is_lost(session: Session, attempt: Attempt, channel: medialive.Channel, lost: Loss) -> bool:
    """Whether it still is; if not because it is on air again, that is noted."""
    if not fallback.counts(session, attempt, channel) or channel.on_air != lost.source:
        return False
    if fallback.loss(attempt, channel) == lost:
        return True
    text = f"The picture of '{lost.source}' came back in time"
    store().note(session.id, attempt.number, "picture", text, of=lost.mark)
    return False
