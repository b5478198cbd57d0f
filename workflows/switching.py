"""The source buttons: which of a session's sources is on air.

A switch is asked of MediaLive by a schedule action, and asking is not having: a source is on air when PipelineDetails
says so. The event of the change brings the look at once; every look of Live brings it late.
"""

import hashlib
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError
from msgspec import structs

from showrunner import clock, medialive
from showrunner.api import Answer, Call
from showrunner.errors import Conflict, InvalidRequest
from showrunner.media import Media, usable
from showrunner.running_order import CHAIN, edits
from showrunner.session import SLATE, Attempt, Session, Source, isotime, moment, now
from showrunner.store import store
from showrunner.switch import File, Switch, with_followers
from workflows import copies
from workflows.answers import Taken
from workflows.requests import Nothing, SourceWish
from workflows.sessions import mine

BEFORE_THE_SHOW = ("preparing", "ready", "starting")
TAKES_SWITCHES = ("IDLE", "STARTING", "RUNNING", "RECOVERING")  # a channel that does not run performs them when it does
AHEAD = timedelta(seconds=15), timedelta(days=14)  # of a switch at a time (MediaLive user guide, the schedule)
CURRENT = "current"
REFUSED = ("ConflictException", "UnprocessableEntityException")


def take(call: Call[SourceWish], session_id: str) -> Answer[Taken]:
    """Put a source on air, now or later; 202 until it is confirmed, 200 if it is on air already."""
    session = mine(call.caller, session_id)
    wanted, files = _wanted(session, call)
    attempt, channel = running(session)
    if wanted.after == CURRENT:
        wanted = structs.replace(wanted, after=_playing(session, channel))
    immediate = wanted.at is None and wanted.after is None
    on_air = channel.on_air, attempt.on_air_item, attempt.on_air_copy
    if immediate and attempt.latest is None and on_air == (wanted.source, wanted.item, wanted.copy):
        return Answer(200, _taken(f"'{wanted.what}' is on air.", channel.on_air, attempt.taking))
    switch = _asked_already(attempt, wanted) or ask(attempt, channel.id, [wanted], files)
    message = f"'{switch.what}' was asked for; it is on air when 'on_air' says so."
    attempt = store().attempt(session_id, attempt.number)
    return Answer(202, _taken(message, channel.on_air, attempt.taking, switch))


def panic(call: Call[Nothing], session_id: str) -> Answer[Taken]:
    """Cut to the slate, whatever state the show is in; a show that is not on air yet begins with it."""
    session = mine(call.caller, session_id)
    if session.resting or session.state == "stopping":
        return Answer(200, _taken(f"Nothing of session '{session_id}' is on air.", None, None))
    # In this order: a channel that is being started meanwhile either sees the flag, or finds the action.
    store().hold(session_id, session.attempt)
    attempt = store().attempt(session_id, session.attempt)
    channel = medialive.channel(attempt.channel_id)
    if session.state in BEFORE_THE_SHOW:
        if channel and channel.state in TAKES_SWITCHES:
            medialive.open_with(channel.id, SLATE)
        message = "The show begins with the slate."
        store().note(session_id, attempt.number, "hold", message)
        return Answer(202, _taken(message, None, SLATE))
    if channel is None or channel.state not in TAKES_SWITCHES:
        raise Conflict(f"The channel of session '{session_id}' is not running now. Try again in a moment.")
    attempt = confirmed(attempt, channel)
    there = channel.on_air == SLATE and attempt.latest is None
    switch = None if there else ask(attempt, channel.id, [_switch(call, SLATE)], {})
    message = "The slate is on air." if there else "The slate was asked for; it is on air when 'on_air' says so."
    if kept := take_back(attempt, channel.id, [each for each in attempt.switches.values() if each.at]):
        near = ", ".join(f"{each.what} at {each.at}" for each in kept)
        message += f" Too near to be taken back: {near}. The slate is put back when it comes."
    attempt = store().attempt(session_id, attempt.number)
    return Answer(202 if switch else 200, _taken(message, channel.on_air, attempt.taking, switch))


def confirm(session_id: str, number: int, action: str | None = None, told: datetime | None = None) -> None:
    """Write down what is on air by MediaLive's word. `told`: when its event of the switch `action` was sent."""
    attempt = store().attempt(session_id, number)
    if channel := medialive.channel(attempt.channel_id):
        confirmed(attempt, channel, told if channel.action == action else None)


def confirmed(attempt: Attempt, channel: medialive.Channel, told: datetime | None = None) -> Attempt:
    """The attempt, after what MediaLive says is on air was written down."""
    if channel.on_air is None:
        return attempt
    switch = attempt.switches.get(channel.action or "")
    if switch is not None and switch.void:
        _put_back(attempt, channel.id, switch)
    if store().on_air(attempt.session_id, attempt.number, channel.on_air, switch, told):
        return store().attempt(attempt.session_id, attempt.number)
    return attempt


def _put_back(attempt: Attempt, channel_id: str, void: Switch) -> None:
    """What was on air, or asked for, when MediaLive performed what it could not be kept from."""
    was = attempt.latest
    source, item = (was.source, was.item) if was else (attempt.on_air, attempt.on_air_item)
    if source is None:
        return
    session = store().session(attempt.session_id)
    media = usable(store().media(session.owner, item), item, "track") if item else None
    file = media.at(session.level(source)) if media else None
    mark = hashlib.sha256(void.action.encode()).hexdigest()[:16]  # its event may come twice
    asked_at = max(now(), isotime(moment(void.due) + timedelta(milliseconds=1)))  # it comes after what it puts away
    back = _playing_file(Switch(f"back-{source}-{mark}", source, void.by, asked_at, item), file)
    ask(attempt, channel_id, [back], {item: file.name} if item and file else {}, f"'{back.what}' is put back")


def running(session: Session) -> tuple[Attempt, medialive.Channel]:
    """Raises Conflict unless sources can be switched now."""
    if not session.switchable:
        raise Conflict(f"Session '{session.id}' is {session.state}; sources can be switched once its channel runs.")
    attempt = store().attempt(session.id, session.attempt)
    channel = medialive.channel(attempt.channel_id)
    if channel is None or channel.state != "RUNNING":
        raise Conflict(f"The channel of session '{session.id}' is not running now. Try again in a moment.")
    return confirmed(attempt, channel), channel


def _wanted(session: Session, call: Call[SourceWish]) -> tuple[Switch, dict[str, str]]:
    """The switch that is wished for, and the file of its item. Raises InvalidRequest, MediaNotFound."""
    wish = call.body
    source, media = chosen(session, wish.source, wish.item)
    if wish.at and not AHEAD[0] <= wish.at - clock.now() <= AHEAD[1]:
        raise InvalidRequest("'at' must be at least 15 seconds and at most 14 days ahead.", field="at")
    at = isotime(wish.at) if wish.at else None
    switch = _switch(call, source, wish.item, at, wish.after)
    if media is None:
        return switch, {}
    copies.ask([media], session.level(source))  # for the next time, if there is none yet
    file = media.at(session.level(source))
    return _playing_file(switch, file), {media.id: file.name}


def _playing_file(switch: Switch, file: File | None) -> Switch:
    return structs.replace(switch, milliseconds=file.lasts, copy=file.copy) if file else switch


def chosen(session: Session, wanted: str | None, item: str | None) -> tuple[str, Media | None]:
    """A source of the session, its first if none is `wanted`, and its item.

    Raises InvalidRequest, MediaNotFound.
    """
    known = {each.name: each for each in (Source(SLATE), *session.sources)}
    source = wanted or session.sources[0].name
    if source not in known:
        raise InvalidRequest(f"'source' must be one of the session's: {', '.join(known)}.", field="source")
    plays_files = known[source].type == "MP4_FILE"
    if plays_files != (item is not None):
        said = "needs an 'item': which track to play" if plays_files else "has no items"
        raise InvalidRequest(f"The source '{source}' {said}.", field="item")
    return source, usable(store().media(session.owner, item), item, "track") if item else None


def _switch(
    call: Call[SourceWish] | Call[Nothing],
    source: str,
    item: str | None = None,
    at: str | None = None,
    after: str | None = None,
) -> Switch:
    return Switch(f"take-{source}-{mark_of(call)}", source, call.caller.sub, now(), item, at=at, after=after)


def mark_of(call: Call[Any]) -> str:
    """In the names of actions: the same request asks for the same ones, however often it comes."""
    key = call.idempotency_key
    return hashlib.sha256(key.encode()).hexdigest()[:16] if key else uuid.uuid4().hex


def _playing(session: Session, channel: medialive.Channel) -> str:
    """The action that has put on air the file that is. Raises Conflict where that is none: nothing else has an end."""
    if channel.on_air is None or channel.on_air != session.file_source or channel.action is None:
        raise Conflict(f"'{channel.on_air}' is on air, which has no end to wait for. Leave out 'after', or give 'at'.")
    return channel.action


def _asked_already(attempt: Attempt, wanted: Switch) -> Switch | None:
    """A switch like it that MediaLive may still perform: not to be doubled."""
    if wanted.at is None and wanted.after is None:
        alike = [attempt.latest] if attempt.latest else []
    else:
        alike = [each for each in attempt.switches.values() if (each.at, each.after) == (wanted.at, wanted.after)]
    return next(
        (
            each
            for each in alike
            if (each.source, each.item) == (wanted.source, wanted.item) and not each.unconfirmed(clock.now())
        ),
        None,
    )


def ask(
    attempt: Attempt,
    channel_id: str,
    switches: list[Switch],
    files: dict[str, str],
    text: str | None = None,
    instead: Sequence[Switch] = (),
) -> Switch:
    """Write them down, then ask MediaLive for all or none, `instead` of others that are to come; the first of them.

    A cut ends the chain that it interrupts, and with it what edits of that were to come. Raises Conflict with what
    MediaLive said if it does not take them.
    """
    first = switches[0]
    when = f" at {first.at}" if first.at else " after the file before it" if first.after else ""
    store().ask(attempt.session_id, attempt.number, switches, text or f"'{first.what}' was asked for{when}")
    try:
        medialive.schedule_switches(channel_id, switches, files, [each.action for each in instead])
    except ClientError as error:
        if error.response["Error"]["Code"] not in REFUSED:
            raise
        store().withdraw(attempt.session_id, attempt.number, switches)
        raise Conflict(f"MediaLive does not switch now: {error.response['Error']['Message']}") from None
    if instead:
        store().withdraw(attempt.session_id, attempt.number, [each for each in instead if each not in switches])
    if first.at is None and first.after is None:
        attempt = store().attempt(attempt.session_id, attempt.number)
        # The restart of a chain has what is asked for by an edit; that comes early then, and need not be put back.
        take_back(attempt, channel_id, edits(attempt), void=not first.action.startswith(CHAIN))
    return first


def take_back(attempt: Attempt, channel_id: str, timed: list[Switch], *, void: bool = True) -> list[Switch]:
    """Take back what was to come at a time, and what follows it; those that MediaLive keeps, due within 15 s.

    What is on air when one of those comes is put back, if they are `void`.
    """
    recalled = [each for each in timed if moment(each.due) - clock.now() > AHEAD[0]]
    gone = with_followers(recalled, attempt.switches.values())
    try:
        if gone:
            medialive.unschedule(channel_id, [each.action for each in gone])
            store().withdraw(attempt.session_id, attempt.number, gone)
    except ClientError as error:
        if error.response["Error"]["Code"] not in REFUSED:
            raise
        recalled = []
    kept = [each for each in timed if each not in recalled and moment(each.due) > clock.now()]
    if void:
        store().void(attempt.session_id, attempt.number, kept)
    return kept


def _taken(message: str, on_air: str | None, taking: str | None, switch: Switch | None = None) -> Taken:
    return {"message": message, "on_air": on_air, "taking": taking, "action": switch.action if switch else None}
