"""The tracklist of a session: tracks in an order, played as one chain that ends in the fallback source.

MediaLive keeps a chain that is on air as it is: nothing behind the latest cut can be taken back or put in between
(user guide, managing the schedule). So what is changed in the list counts from the next `play` or `next`, each of which
cuts and begins a new chain, and until then the answer says what is locked in as the next.
"""

import hashlib

from botocore.exceptions import ClientError

from showrunner import medialive
from showrunner.api import Answer, Call
from showrunner.errors import Conflict, InvalidRequest
from showrunner.media import usable
from showrunner.session import SLATE, Attempt, Session, Tracklist, now
from showrunner.store import Item, store
from showrunner.switch import Switch, chain
from workflows import switching
from workflows.requests import Jump, Nothing, SourceWish
from workflows.sessions import mine, seen


def read(call: Call[None], session_id: str) -> Answer:
    return Answer(200, _view(seen(call.caller, session_id)))


def put(call: Call[Tracklist], session_id: str) -> Answer:
    """Set the tracks, their order, and what follows them."""
    session, wanted = mine(call.caller, session_id), call.body
    source_of(session)
    for item in wanted.items:
        usable(store().media(session.owner, item), item, "track")
    known = [SLATE, *(each.name for each in session.sources if each.type == "RTMP_PUSH")]
    if wanted.fallback not in known:
        raise InvalidRequest(f"'fallback' must be one of: {', '.join(known)}.", field="fallback")
    if session.tracklist != wanted:
        store().set_tracklist(session, wanted, f"Tracklist: {len(wanted.items)} tracks", call.caller.sub)
        session.tracklist = wanted
    return Answer(200, _view(session))


def play(call: Call[Jump], session_id: str) -> Answer:
    """Play the tracks from a position on, the first by default, each behind the other, and then the fallback."""
    return _play(call, mine(call.caller, session_id), call.body.position)


def following(call: Call[Nothing], session_id: str) -> Answer:
    """Cut to the track behind the one that is on air; behind the last, to the fallback."""
    session = mine(call.caller, session_id)
    attempt, _ = switching.running(session)
    if attempt.on_air_position is None:
        raise Conflict(f"No track of session '{session_id}' is on air. Begin with .../tracklist/play.")
    if attempt.on_air_position + 1 >= len(session.tracklist.items):
        return stop(call, session_id)
    return _play(call, session, attempt.on_air_position + 1)


def stop(call: Call[Nothing], session_id: str) -> Answer:
    """Cut to the fallback."""
    session = mine(call.caller, session_id)
    wish: Call[SourceWish] = Call(call.caller, SourceWish(session.tracklist.fallback), {}, call.idempotency_key)
    return switching.take(wish, session_id)


def reenter(session_id: str, number: int) -> None:
    """Go on where a chain was before the channel recovered: MediaLive begins with the chain's cut, without the rest."""
    session, attempt = store().session(session_id), store().attempt(session_id, number)
    channel, was = medialive.channel(attempt.channel_id), attempt.on_air_action
    if channel is None or was is None or not _is_lost(attempt, channel.action):
        return
    mark = hashlib.sha256(was.encode()).hexdigest()[:16]  # an event may come twice
    if attempt.on_air_item in session.tracklist.items:
        position = session.tracklist.items.index(attempt.on_air_item, _from(session, attempt))
        _chain(session, attempt, channel, position, mark, session.owner)
    elif attempt.on_air_item is None and attempt.on_air is not None:
        switching.ask(attempt, channel.id, [Switch(f"track-{mark}", attempt.on_air, session.owner, now())], {})


def _is_lost(attempt: Attempt, action: str | None) -> bool:
    """Whether MediaLive is back at an earlier switch of the chain that was on air."""
    was = attempt.on_air_action or ""
    return was != action and action not in attempt.switches and was.startswith("track-") and _mark(was) == _mark(action)


def _from(session: Session, attempt: Attempt) -> int:
    """Where to look for the track that was on air: where it was, if it still is there."""
    position = attempt.on_air_position or 0
    return position if session.tracklist.items[position : position + 1] == [attempt.on_air_item] else 0


def _mark(action: str | None) -> str:
    """What the actions of a chain have in common."""
    return (action or "").rpartition("-")[0]


def _play(call: Call[Jump] | Call[Nothing], session: Session, position: int) -> Answer:
    attempt, channel = switching.running(session)
    first = _chain(session, attempt, channel, position, switching.mark_of(call), call.caller.sub)
    message = f"The tracklist was asked for from '{first.item}' on; 'on_air' says what is on air."
    return Answer(202, {"message": message, "action": first.action, **_view(session)})


def _chain(session: Session, attempt: Attempt, channel: medialive.Channel, position: int, mark: str, by: str) -> Switch:
    """Cut to the track at `position`, with the others behind it. Raises InvalidRequest, MediaNotFound, Conflict."""
    source, tracklist = source_of(session), session.tracklist
    if position >= len(tracklist.items):
        said = f"The tracklist has {len(tracklist.items)} tracks; the first is at 'position' 0."
        raise InvalidRequest(said, field="position")
    wanted = tracklist.items[position:]
    files = {item: usable(store().media(session.owner, item), item, "track").file for item in wanted}
    switches = chain(mark, source, tracklist.items, position, tracklist.fallback, by, now())
    _tidy(channel)
    text = f"The tracklist was asked for: {len(wanted)} from '{wanted[0]}' on, then '{tracklist.fallback}'"
    return switching.ask(attempt, channel.id, switches, files, text)


def _tidy(channel: medialive.Channel) -> None:
    """Delete what is left of broken chains: a schedule holds 1,500 actions, and what never began is not forgotten."""
    ours = [name for name in medialive.scheduled(channel.id) if name.startswith("track-")]
    dead = [name for name in ours if _mark(name) != _mark(channel.action)]
    try:
        if dead:
            medialive.unschedule(channel.id, dead)
    except ClientError as error:  # the latest cut has not taken effect yet; the next play tidies up
        if error.response["Error"]["Code"] not in switching.REFUSED:
            raise


def source_of(session: Session) -> str:
    """The name of the source that plays tracks. Raises Conflict."""
    for each in session.sources:
        if each.type == "MP4_FILE":
            return each.name
    raise Conflict(f"Session '{session.id}' plays no tracks. Create one with a source of type MP4_FILE.")


def _view(session: Session) -> Item:
    """The list with what is on air, and what is locked in behind it, by MediaLive's word and the schedule's."""
    attempt: Attempt | None = None
    if session.state in ("waiting_for_input", "live"):
        attempt = store().attempt(session.id, session.attempt)
    behind = _behind(attempt) if attempt else None
    return {
        "tracks": [_track(session.owner, item, number) for number, item in enumerate(session.tracklist.items)],
        "fallback": session.tracklist.fallback,
        "on_air": attempt.on_air_item if attempt else None,
        "position": attempt.on_air_position if attempt else None,
        "next": behind.item or behind.source if behind else None,
    }


def _behind(attempt: Attempt) -> Switch | None:
    """What follows the file on air. It can't be changed but by a cut."""
    return next(
        (each for each in attempt.switches.values() if each.after and each.after == attempt.on_air_action), None
    )


def _track(owner: str, item: str, number: int) -> Item:
    media = store().media(owner, item)
    if media is None:
        return {"position": number, "id": item, "title": None, "seconds": None, "state": "missing"}
    seconds = media.milliseconds / 1000 if media.milliseconds else None
    return {"position": number, "id": item, "title": media.title, "seconds": seconds, "state": media.state}
