"""The tracklist of a session: tracks in an order, played as one chain that ends in the fallback source.

MediaLive keeps a chain that is on air (`showrunner.running_order`). So a list that is changed while it plays counts
from the end of a track on: of the one that is on air, or, where that is too near, of the next one, which is locked till
then. `play` and `next` cut, and begin a new chain.
"""

import hashlib
import random
from datetime import datetime, timedelta

import msgspec
from botocore.exceptions import ClientError

from showrunner import clock, medialive
from showrunner.api import Answer, Call
from showrunner.errors import Conflict, InvalidRequest, TracklistChanged
from showrunner.media import usable
from showrunner.running_order import CHAIN, NOTICE, Plan, Turn, behind, edits, order, place, plan
from showrunner.session import SLATE, Attempt, Session, Tracklist, isotime, moment, now
from showrunner.sound import Level
from showrunner.store import store
from showrunner.switch import Switch, chain
from showrunner.wording import so_many
from workflows import copies, switching
from workflows.answers import Effect, Taken, Track, TracklistEffect, TracklistPlayed, TracklistView
from workflows.requests import Jump, Nothing, SourceWish, TracklistWish
from workflows.sessions import mine, seen

TRIES = 8  # of an edit that meets another one
REENTRY = timedelta(seconds=5)  # between two events of one switch that are not the same one twice


def read(call: Call[None], session_id: str) -> Answer[TracklistView]:
    return Answer(200, _view(seen(call.caller, session_id)))


def put(call: Call[TracklistWish], session_id: str) -> Answer[TracklistView]:
    """Set the tracks, their order, and what follows them; while they play, from the end of a track on."""
    session, wanted = mine(call.caller, session_id), call.body.tracklist
    source = source_of(session)
    for item in wanted.items:
        usable(store().media(session.owner, item), item, "track")
    known = [SLATE, *session.pushed]
    if wanted.fallback not in known:
        raise InvalidRequest(f"'fallback' must be one of: {', '.join(known)}.", field="fallback")
    if session.tracklist != wanted:
        edited, seen, told = call.body.version, session.tracklist, f"Tracklist: {so_many(len(wanted.items), 'track')}"
        if edited not in (None, _version(seen)) or not store().set_tracklist(
            session, wanted, told, call.caller.sub, seen if edited else None
        ):
            raise TracklistChanged("Somebody else has edited the list. Look at it as it is now, and edit it again.")
        copies.of_list(store().session(session_id), source)
    if session.switchable:
        _arrange(session_id, session.attempt, call.caller.sub)
    return Answer(200, _view(store().session(session_id)))


def _version(tracklist: Tracklist) -> str:
    return _digest(tracklist)


def play(call: Call[Jump], session_id: str) -> Answer[TracklistPlayed]:
    """Play the tracks from a position on, the first by default, each behind the other, and then the fallback."""
    session = mine(call.caller, session_id)
    attempt, channel = switching.running(session)
    if coming := _near(attempt):
        said = f"'{coming.item or coming.source}' comes at {coming.at} by an edit of the list, and MediaLive keeps it."
        raise Conflict(f"{said} Play from another track after that.", at=coming.at)
    return _play(call, session, attempt, channel, call.body.position)


def following(call: Call[Nothing], session_id: str) -> Answer[TracklistPlayed]:
    """Cut to the track behind the one that is on air; behind the last, to the fallback."""
    session = mine(call.caller, session_id)
    attempt, channel = switching.running(session)
    if attempt.on_air_item is None or attempt.on_air_position is None:
        raise Conflict(f"No track of session '{session_id}' is on air. Begin with .../tracklist/play.")
    if coming := _near(attempt):
        what = coming.item or coming.source
        message = f"'{what}' comes at {coming.at} by an edit of the list. MediaLive keeps what is so near."
        return Answer(200, {**_view(session), "message": message, "action": coming.action})
    position = behind(session.tracklist.items, attempt.on_air_item, attempt.on_air_position)
    if position >= len(session.tracklist.items):
        taken = stop(call, session_id)
        message, action = taken.body["message"], taken.body["action"]
        return Answer(taken.status, {**_view(session), "message": message, "action": action})
    return _play(call, session, attempt, channel, position)


def stop(call: Call[Nothing], session_id: str) -> Answer[Taken]:
    """Cut to the fallback."""
    session = mine(call.caller, session_id)
    wish: Call[SourceWish] = Call(call.caller, SourceWish(session.tracklist.fallback), call.idempotency_key)
    return switching.take(wish, session_id)


def reenter(session_id: str, number: int, action: str, told: datetime) -> None:
    """Go on where a chain was before the channel recovered: MediaLive begins with the chain's cut, without the rest.

    `told`: when MediaLive's event of the switch `action` was sent.
    """
    session, attempt = store().session(session_id), store().attempt(session_id, number)
    channel, was = medialive.channel(attempt.channel_id), attempt.on_air_action
    if channel is None or was is None or not _is_lost(attempt, channel.action, action, told):
        return
    mark = _digest(was, attempt.on_air_at)  # an event may come twice
    item, was_at, items = attempt.on_air_item, attempt.on_air_position, session.tracklist.items
    position = place(items, item, was_at)
    if position is None:
        position = len(items) if item is None else behind(items, item, was_at)
    if position < len(items):
        _chain(session, attempt, channel, position, mark, session.owner)
    else:
        source = session.tracklist.fallback if item else attempt.on_air or SLATE
        switching.ask(attempt, channel.id, [Switch(f"{CHAIN}{mark}", source, session.owner, now())], {})


def settle(session_id: str, number: int) -> None:
    """After a change on air: an edit comes in behind the track that is on air, and none when no track is."""
    attempt = store().attempt(session_id, number)
    if not edits(attempt):
        return
    turns = order(attempt)
    if turns and turns[0].action.startswith(CHAIN):
        _arrange(session_id, number, edits(attempt)[0].by)
    elif attempt.channel_id:
        switching.take_back(attempt, attempt.channel_id, edits(attempt))


def _is_lost(attempt: Attempt, on_air: str | None, action: str, told: datetime) -> bool:
    """Whether MediaLive is back at an earlier switch of the chain that was on air, or has begun it again."""
    was = attempt.on_air_action or ""
    if not was.startswith(CHAIN):
        return False
    if was == on_air == action and attempt.on_air_at:
        return told > moment(attempt.on_air_at) + REENTRY
    return was != on_air and on_air not in attempt.switches and _mark(was) == _mark(on_air)


def _mark(action: str | None) -> str:
    """What the actions of a chain have in common."""
    return (action or "").rpartition("-")[0]


def _digest(*parts: object) -> str:
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:16]


def _near(attempt: Attempt) -> Switch | None:
    """The edit that can't be taken back any more."""
    near = clock.now(), clock.now() + NOTICE
    return next((each for each in edits(attempt) if near[0] < moment(each.due) < near[1]), None)


def _play(
    call: Call[Jump] | Call[Nothing], session: Session, attempt: Attempt, channel: medialive.Channel, position: int
) -> Answer[TracklistPlayed]:
    first = _chain(session, attempt, channel, position, switching.mark_of(call), call.caller.sub)
    message = f"The tracklist was asked for from '{first.item}' on; 'on_air' says what is on air."
    return Answer(202, {**_view(session), "message": message, "action": first.action})


def _chain(session: Session, attempt: Attempt, channel: medialive.Channel, position: int, mark: str, by: str) -> Switch:
    """Cut to the track at `position`, with the others behind it. Raises InvalidRequest, MediaNotFound, Conflict."""
    tracklist = session.tracklist
    if position >= len(tracklist.items):
        said = f"The tracklist has {len(tracklist.items)} tracks; the first is at 'position' 0."
        raise InvalidRequest(said, field="position")
    wanted = tracklist.items[position:]
    switches, files = _switches(session, mark, position, by)
    _tidy(attempt, channel, medialive.scheduled(channel.id))
    text = f"The tracklist was asked for: {len(wanted)} from '{wanted[0]}' on, then '{tracklist.fallback}'"
    return switching.ask(attempt, channel.id, switches, files, text)


def _switches(session: Session, mark: str, position: int, by: str) -> tuple[list[Switch], dict[str, str]]:
    """A chain from `position` on, and the files of its tracks. Raises MediaNotFound."""
    tracklist = session.tracklist
    source, wanted = source_of(session), dict.fromkeys(tracklist.items[position:])
    level = session.level(source)
    files = {item: usable(store().media(session.owner, item), item, "track").at(level) for item in wanted}
    switches = chain(mark, source, tracklist.items, position, tracklist.fallback, by, now(), files)
    return switches, {item: file.name for item, file in files.items()}


def _arrange(session_id: str, number: int, by: str) -> None:
    """Have what follows the tracks that are locked be as the list says.

    The list may be changed by another request meanwhile, and the schedule by a cut: it looks until it finds nothing to
    do. What it can't do it leaves: `_view` tells what is so.
    """
    channel_id = store().attempt(session_id, number).channel_id
    for _ in range(TRIES):
        channel = medialive.channel(channel_id)
        if channel is None or channel.state != "RUNNING":
            return
        there = medialive.scheduled(channel.id)  # before the table is asked: what is there has a row, or is left over
        attempt = switching.confirmed(store().attempt(session_id, number), channel)
        try:
            if not _edit(store().session(session_id), attempt, channel, there, by):
                return
        except Conflict:  # another one was faster
            clock.sleep(random.uniform(0.1, 0.5))


def _edit(session: Session, attempt: Attempt, channel: medialive.Channel, there: set[str], by: str) -> bool:
    """Ask for a chain behind what is locked, instead of the one that is to come; False if it is as it should be.

    `there`: the names in the schedule. Raises Conflict.
    """
    found = plan(attempt, clock.now())
    movable = {each.action: each for each in found.movable}
    switches: list[Switch] = []
    files: dict[str, str] = {}
    if found.open and _rest(session, found.locked[-1]) != [(each.source, each.item) for each in found.rest]:
        last = found.locked[-1]
        mark = _digest(last.action, session.tracklist)
        position = behind(session.tracklist.items, last.item, last.position)
        switches, files = _switches(session, mark, position, by)
        first = msgspec.structs.replace(switches[0], at=isotime(found.at), behind=last.action)
        switches = [movable.pop(each.action, each) for each in (first, *switches[1:])]
    lost = [each for each in switches if each.action not in there or each.action not in attempt.switches]
    replaced = list(movable.values())
    _tidy(attempt, channel, there)  # also what an edit that was overtaken by another one has asked for after that
    if not lost and not replaced:
        return False
    present = [each for each in replaced if each.action in there]
    if len(present) < len(replaced):  # MediaLive was never asked for them
        store().withdraw(attempt.session_id, attempt.number, [each for each in replaced if each not in present])
    if lost:
        text = f"An edit of the tracklist was asked for: at {switches[0].at}, behind '{found.locked[-1].what}', "
        text += f"{len(switches) - 1} tracks, then '{session.tracklist.fallback}'"
        switching.ask(attempt, channel.id, lost, files, text, present)
    else:
        switching.take_back(attempt, channel.id, [each for each in present if each.at], void=False)
    return True


def _rest(session: Session, last: Turn) -> list[tuple[str, str | None]]:
    """What the list wants behind a track: (source, item) each."""
    tracklist, source = session.tracklist, source_of(session)
    items = tracklist.items[behind(tracklist.items, last.item, last.position) :]
    return [*((source, item) for item in items), (tracklist.fallback, None)]


def _tidy(attempt: Attempt, channel: medialive.Channel, there: set[str]) -> None:
    """Delete what is left of broken chains: a schedule holds 1,500 actions, and what never began is not forgotten."""
    alive = {_mark(channel.action), _mark(attempt.on_air_action)}
    ours = [each for each in there if each.startswith(CHAIN) and _mark(each) not in alive]
    dead = [each for each in ours if each not in attempt.switches]
    try:
        if dead:
            medialive.unschedule(channel.id, dead)
    except ClientError as error:  # the latest cut has not taken effect yet; the next time it is done
        if error.response["Error"]["Code"] not in switching.REFUSED:
            raise


def source_of(session: Session) -> str:
    """The name of the source that plays tracks. Raises Conflict."""
    if session.file_source:
        return session.file_source
    raise Conflict(f"Session '{session.id}' plays no tracks. Create one with a source of type MP4_FILE.")


def _view(session: Session) -> TracklistView:
    """The list, with what is on air and what follows by what MediaLive was asked for, and when an edit counts."""
    attempt = Attempt(session.id, 0)
    if session.switchable:
        attempt = store().attempt(session.id, session.attempt)
    items, turns, found = session.tracklist.items, order(attempt), plan(attempt, clock.now())
    level = session.level(session.file_source) if session.file_source else Level()
    follows = [each.what for each in turns if each.action != attempt.on_air_action]
    return {
        "version": _version(session.tracklist),
        "tracks": [_track(session.owner, item, number, level) for number, item in enumerate(items)],
        "fallback": session.tracklist.fallback,
        "on_air": attempt.on_air_item,
        "position": place(items, attempt.on_air_item, attempt.on_air_position),
        "ends_at": attempt.on_air_until,
        "next": follows[0] if follows else None,
        "locked": [each.what for each in found.locked if each.action != attempt.on_air_action],
        "follows": follows,
        **_effect(session, attempt, turns, found),
    }


def _effect(session: Session, attempt: Attempt, turns: list[Turn], found: Plan) -> TracklistEffect:
    """From when on what is played is the list: `in_effect`, `scheduled` with a time, or `at_next_play`."""
    effect: Effect = "at_next_play"
    at: str | None = None
    if turns and turns[0].action.startswith(CHAIN):
        asked = {each.action for each in edits(attempt)}
        first = next((number for number in range(len(turns) - 1, 0, -1) if turns[number].action in asked), None)
        at = isotime(turns[first].begins) if first else None
        last = first - 1 if first else len(found.locked) - 1 if found.open else 0
        if [(each.source, each.item) for each in turns[last + 1 :]] == _rest(session, turns[last]):
            effect = "scheduled" if first else "in_effect"
    message: dict[Effect, str] = {
        "in_effect": "What is played is the list as it is.",
        "scheduled": f"The list as it is counts from {at} on.",
        "at_next_play": "The list as it is counts from the next 'play' or 'next' on.",
    }
    return {"effect": effect, "effect_at": at if effect == "scheduled" else None, "message": message[effect]}


def _track(owner: str, item: str, number: int, level: Level) -> Track:
    """`level`: whether there is a copy of it at the one that is wanted; None where it is wanted as it is."""
    media = store().media(owner, item)
    if media is None:
        return {"position": number, "id": item, "title": None, "seconds": None, "state": "missing", "level": None}
    return {
        "position": number,
        "id": item,
        "title": media.title,
        "seconds": media.milliseconds / 1000 if media.milliseconds else None,
        "state": media.state,
        "level": media.copy_state(level) if level.copy else None,
    }
