"""The table: one DynamoDB table holds sessions, attempts, waits, leases, and the timeline.

| pk                     | sk                       | what                                                    |
| ---------------------- | ------------------------ | ------------------------------------------------------- |
| SESSION#id             | META                     | the session                                             |
| SESSION#id             | ATTEMPT#number           | one start of it                                         |
| SESSION#id             | RECORDING#attempt#number | a recording: one window of an attempt                   |
| SESSION#id             | TIMELINE#time#kind       | what happened                                           |
| SESSION#id             | WAIT#execution#until     | a task token somebody waits on                          |
| SESSION#id             | EXECUTION#name           | an execution that worked for it                         |
| RESOURCE#arn           | SESSION                  | whose attempt a resource belongs to                     |
| OWNER#sub              | MEDIA#id                 | a file of an owner's                                    |
| CHANNEL#arn            | LEASE                    | which attempt has borrowed an IVS channel               |
| IDEMPOTENCY#owner#key  | REQUEST                  | a request already answered                              |

An attempt's `open` is "yes" while anything of it may exist on MediaLive or IVS, then "archive" until its recordings
are done.

Every write carries a condition, so that it may be repeated, or meet itself, and change nothing twice.
Reads of items are consistent; the two indexes (`owner`, `open`) are not.
"""

import contextlib
import random
import time
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, TypeVar

import msgspec
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from showrunner import aws
from showrunner.errors import InProgress, OutputInUse, SessionExists, SessionNotFound, StopRequested
from showrunner.media import Media
from showrunner.overlay import Overlay
from showrunner.recording import Film, Playlist, Recording, RecordingState
from showrunner.session import Attempt, Failure, Session, State, TimelineEntry, Tracklist, may_become, now
from showrunner.settings import settings
from showrunner.sound import Level, Sound
from showrunner.switch import Cue, Switch, past

Item = dict[str, Any]
T = TypeVar("T")

PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8)  # seconds at most, before a write that met another one is tried again


class Wait(msgspec.Struct, frozen=True):
    """Somebody waits: `execution` stands in a state until the condition `until` is reached."""

    session_id: str
    attempt: int
    execution: str
    until: str
    token: str


class Replay(msgspec.Struct, frozen=True):
    """An answer given before to the same request: HTTP status and JSON body."""

    request: str
    status: int = 0
    body: str = ""


class _Numbers(TypeDeserializer):
    """Numbers in this table are whole."""

    def _deserialize_n(self, value: str) -> int:
        return int(value)


_serialize = TypeSerializer().serialize
_deserialize = _Numbers().deserialize


def _pack(values: Item) -> Item:
    return {name: _serialize(value) for name, value in values.items() if value is not None}


def _unpack(item: Item) -> Item:
    return {name: _deserialize(value) for name, value in item.items()}


def _session_key(session_id: str, sk: str) -> Item:
    return {"pk": f"SESSION#{session_id}", "sk": sk}


def _attempt_key(session_id: str, number: int) -> Item:
    return _session_key(session_id, f"ATTEMPT#{number:06d}")


def _recording_key(session_id: str, attempt: int, number: int) -> Item:
    return _session_key(session_id, f"RECORDING#{attempt:06d}#{number:04d}")


def _media_key(owner: str, media_id: str) -> Item:
    return {"pk": f"OWNER#{owner}", "sk": f"MEDIA#{media_id}"}


class Store:
    """The operations on the table, by what they mean. Made with the table's name."""

    def __init__(self, table: str) -> None:
        self.table = table

    # -- sessions

    def create_session(self, session: Session, request: str | None = None) -> None:
        """Raises SessionExists if the id is taken, but not by the same `request`: one that died after this."""
        item = {**_session_key(session.id, "META"), **msgspec.to_builtins(session), "request": request}
        try:
            self._put(item, "attribute_not_exists(pk)")
        except _ConditionFailed:
            there = self._get(_session_key(session.id, "META")) or {}
            if request is None or there.get("request") != request:
                raise SessionExists(session.id) from None

    def session(self, session_id: str) -> Session:
        """Raises SessionNotFound."""
        item = self._get(_session_key(session_id, "META"))
        if item is None:
            raise SessionNotFound(session_id)
        return msgspec.convert(item, Session)

    def sessions_of(self, owner: str, limit: int, cursor: Item | None) -> tuple[list[Session], Item | None]:
        """A page of an owner's sessions, newest first, those deleted left out; and where the next one starts."""
        start: Any = {"ExclusiveStartKey": _pack(cursor)} if cursor else {}
        page = aws.dynamodb().query(
            TableName=self.table,
            IndexName="owner",
            KeyConditionExpression="#owner = :owner",
            FilterExpression="attribute_not_exists(deleted_at)",
            ExpressionAttributeNames={"#owner": "owner"},
            ExpressionAttributeValues=_pack({":owner": owner}),
            ScanIndexForward=False,
            Limit=limit,
            **start,
        )
        sessions = [msgspec.convert(_unpack(item), Session) for item in page["Items"]]
        following = page.get("LastEvaluatedKey")
        return sessions, _unpack(following) if following else None

    def advance(self, session_id: str, attempt: int, to: State, text: str, reason: str | None = None) -> bool:
        """Move the session to `to` if this attempt is its newest and TRANSITIONS allow it; True if it moved.

        The timeline entry is written in the same transaction: a repeated task leaves no second one.
        """
        return self._transact(self._move(session_id, attempt, to, text, reason))

    def set_sound(self, session: Session, sound: Sound, text: str, by: str) -> None:
        """The programme's level, for the attempts that begin from now on."""
        self._change(session, "SET sound = :value", msgspec.to_builtins(sound), {}, text, by)

    def set_tracklist(self, session: Session, tracklist: Tracklist, text: str, by: str) -> None:
        self._change(session, "SET tracklist = :value", msgspec.to_builtins(tracklist), {}, text, by, "tracklist")

    def set_level(self, session: Session, source: str, level: Level, text: str, by: str) -> None:
        """How loud a source is wanted."""
        names = {"#source": source}
        self._change(session, "SET levels.#source = :value", msgspec.to_builtins(level), names, text, by)

    def _change(
        self,
        session: Session,
        expression: str,
        value: Item,
        names: dict[str, str],
        text: str,
        by: str,
        kind: str = "sound",
    ) -> None:
        """Write to a session, and an entry in its timeline with it."""
        update = {
            "TableName": self.table,
            "Key": _pack(_session_key(session.id, "META")),
            "UpdateExpression": f"{expression}, updated_at = :now ADD version :one",
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeValues": _pack({":value": value, ":now": now(), ":one": 1}),
        } | ({"ExpressionAttributeNames": names} if names else {})
        entry = TimelineEntry(now(), kind, text, session.attempt, by=by)
        self._transact([{"Update": update}, {"Put": self._timeline_put(session.id, entry)}])

    def hide(self, session_id: str, attempt: int) -> bool:
        """Leave the session out of lists and answers from now on; False if an attempt after `attempt` has begun."""
        try:
            self._update(
                _session_key(session_id, "META"),
                "SET deleted_at = if_not_exists(deleted_at, :now)",
                {":now": now(), ":attempt": attempt},
                "attempt = :attempt",
            )
        except _ConditionFailed:
            return False
        return True

    # -- attempts

    def begin_attempt(self, session: Session, start: bool, hold: bool = False) -> bool:
        """Make the session's next attempt; False if another request was first.

        `start`: do not stop at ready; `hold`: then begin with the slate.
        """
        number = session.attempt + 1
        requested = now() if start else None
        attempt = Attempt(session.id, number, start_requested_at=requested, hold=hold, sound=session.sound)
        item = {**_attempt_key(session.id, number), **msgspec.to_builtins(attempt), "open": "yes"}
        update = {
            "TableName": self.table,
            "Key": _pack(_session_key(session.id, "META")),
            "UpdateExpression": "SET #state = :to, attempt = :number, updated_at = :now REMOVE reason ADD version :one",
            "ConditionExpression": "attempt = :before AND #state = :resting AND attribute_not_exists(deleted_at)",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": _pack(
                {
                    ":to": "preparing",
                    ":number": number,
                    ":before": session.attempt,
                    ":resting": session.state,
                    ":now": now(),
                    ":one": 1,
                }
            ),
        }
        put = {
            "TableName": self.table,
            "Item": _pack(item),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        entry = TimelineEntry(now(), "state", "Start requested" if start else "Prepare requested", number, "preparing")
        return self._transact([{"Update": update}, {"Put": put}, {"Put": self._timeline_put(session.id, entry)}])

    def attempt(self, session_id: str, number: int) -> Attempt:
        """Raises SessionNotFound."""
        item = self._get(_attempt_key(session_id, number))
        if item is None:
            raise SessionNotFound(session_id)
        return msgspec.convert(item, Attempt)

    def open_attempts(self) -> Iterator[Attempt]:
        """Every attempt of which anything may still exist."""
        return self._opened("yes")

    def unarchived_attempts(self) -> Iterator[Attempt]:
        """Every attempt that has ended, and whose recordings are not done."""
        return self._opened("archive")

    def _opened(self, value: str) -> Iterator[Attempt]:
        pages = aws.dynamodb().get_paginator("query")
        for page in pages.paginate(
            TableName=self.table,
            IndexName="open",
            KeyConditionExpression="#open = :yes",
            ExpressionAttributeNames={"#open": "open"},
            ExpressionAttributeValues=_pack({":yes": value}),
        ):
            for item in page["Items"]:
                yield msgspec.convert(_unpack(item), Attempt)

    def mark(self, session_id: str, number: int, flag: str) -> bool:
        """Set one of the attempt's `..._at` fields to now, once; True if this call set it."""
        try:
            self._update(
                _attempt_key(session_id, number),
                "SET #flag = :now",
                {":now": now()},
                "attribute_exists(pk) AND attribute_not_exists(#flag)",
                {"#flag": flag},
            )
        except _ConditionFailed:
            return False
        return True

    def remember(self, session_id: str, number: int, **values: Any) -> None:
        """Write down what was made, even for an attempt that is closing: it is then swept up later.

        Raises StopRequested if a cleanup of the attempt has begun.
        """
        names = {f"#v{i}": name for i, name in enumerate(values)}
        assignments = ", ".join(f"{name} = :v{i}" for i, name in enumerate(names))
        updated = self._update(
            _attempt_key(session_id, number),
            f"SET {assignments}, #open = :yes",
            {":yes": "yes", **{f":v{i}": value for i, value in enumerate(values.values())}},
            "attribute_exists(pk)",
            {**names, "#open": "open"},
        )
        if "closing_at" in updated:
            raise StopRequested

    def found(self, session_id: str, number: int, **values: Any) -> None:
        """As `remember`, by a cleanup that came upon what a crash had left."""
        with contextlib.suppress(StopRequested):
            self.remember(session_id, number, **values)

    def remember_input(self, session_id: str, number: int, source: str, input_id: str) -> None:
        """As `remember`, for one of the attempt's inputs."""
        updated = self._update(
            _attempt_key(session_id, number),
            "SET inputs.#source = :id, #open = :yes",
            {":yes": "yes", ":id": input_id},
            "attribute_exists(pk)",
            {"#source": source, "#open": "open"},
        )
        if "closing_at" in updated:
            raise StopRequested

    def request_start(self, session_id: str, number: int, hold: bool) -> bool:
        """Let a prepared attempt start, with the slate if it is to `hold`; True if this call was the first.

        Without `hold` a panic from before the start still holds.
        """
        try:
            self._update(
                _attempt_key(session_id, number),
                "SET start_requested_at = :now" + (", #hold = :yes" if hold else ""),
                {":now": now(), **({":yes": True} if hold else {})},
                "attribute_exists(pk) AND attribute_not_exists(start_requested_at)",
                {"#hold": "hold"} if hold else None,
            )
        except _ConditionFailed:
            return False
        return True

    def hold(self, session_id: str, number: int) -> None:
        """Should the attempt's channel start from now on, it begins with the slate."""
        self._update(_attempt_key(session_id, number), "SET #hold = :yes", {":yes": True}, names={"#hold": "hold"})

    def ask(self, session_id: str, number: int, switches: list[Switch], text: str) -> None:
        """A source is asked for, and what follows it; it is not on air by that. Written before MediaLive is asked: its
        event may be fast. Once per action.
        """
        names = {f"#a{i}": each.action for i, each in enumerate(switches)}
        sets = ", ".join(f"switches.#a{i} = :v{i}" for i in range(len(switches)))
        values = {f":v{i}": msgspec.to_builtins(each) for i, each in enumerate(switches)}
        update = {
            "TableName": self.table,
            "Key": _pack(_attempt_key(session_id, number)),
            "UpdateExpression": f"SET {sets}",
            "ConditionExpression": "attribute_exists(pk) AND attribute_not_exists(switches.#a0)",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": _pack(values),
        }
        first = switches[0]
        entry = TimelineEntry(first.asked_at, "switch", text, number, by=first.by)
        self._transact([{"Update": update}, {"Put": self._timeline_put(session_id, entry)}])

    def cue(self, session_id: str, number: int, cue: Cue | None, by: str) -> None:
        """MediaLive was asked to prepare a source, or none."""
        update = {
            "TableName": self.table,
            "Key": _pack(_attempt_key(session_id, number)),
            "UpdateExpression": "SET cued = :cue" if cue else "REMOVE cued",
            "ConditionExpression": "attribute_exists(pk)",
        }
        if cue:
            update["ExpressionAttributeValues"] = _pack({":cue": msgspec.to_builtins(cue)})
        entry = TimelineEntry(now(), "cue", f"Cued: {cue or 'nothing'}", number, by=by)
        self._transact([{"Update": update}, {"Put": self._timeline_put(session_id, entry)}])

    def overlay(self, session_id: str, number: int, overlay: Overlay, by: str) -> None:
        """MediaLive has accepted an overlay on its layer, or, without an image, that there is to be none."""
        layer = str(overlay.layer)
        update = {
            "TableName": self.table,
            "Key": _pack(_attempt_key(session_id, number)),
            "UpdateExpression": "SET overlays.#layer = :overlay" if overlay.image else "REMOVE overlays.#layer",
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeNames": {"#layer": layer},
        }
        if overlay.image:
            update["ExpressionAttributeValues"] = _pack({":overlay": msgspec.to_builtins(overlay)})
        text = f"Overlay '{overlay.image}' on layer {layer}" if overlay.image else f"No overlay on layer {layer}"
        entry = TimelineEntry(now(), "overlay", f"{text} was accepted", number, by=by)
        self._transact([{"Update": update}, {"Put": self._timeline_put(session_id, entry)}])

    def withdraw(self, session_id: str, number: int, switches: list[Switch]) -> None:
        """MediaLive refused them, or has taken them back."""
        names = {f"#a{i}": each.action for i, each in enumerate(switches)}
        removes = ", ".join(f"switches.{name}" for name in names)
        self._update(_attempt_key(session_id, number), f"REMOVE {removes}", {}, names=names)

    def on_air(self, session_id: str, number: int, source: str, switch: Switch | None = None) -> bool:
        """The source is on air by MediaLive's word, put there by `switch` if it is one of ours; True if that is news.

        With the switch, those that were due before it are over.
        """
        seen_at, names = now(), dict[str, str]()
        condition, text = "(attribute_not_exists(on_air) OR on_air <> :source)", f"On air: {source}"
        if switch is not None:
            over = past(self.attempt(session_id, number).switches.values(), switch)
            names = {f"#a{i}": each.action for i, each in enumerate(over)}
            condition, text = "attribute_exists(switches.#a0)", f"On air: {switch.what}"
            if switch.after is None:
                text += f", {switch.delay(seen_at):.2f} s after {'its time' if switch.at else 'it was asked for'}"
        new: Item = {"on_air": source, **dict.fromkeys(("on_air_item", "on_air_position", "on_air_action"))}
        if switch is not None:
            new |= {"on_air_item": switch.item, "on_air_position": switch.position, "on_air_action": switch.action}
        sets = ", ".join(f"{name} = :{name}" for name, value in new.items() if value is not None)
        removes = [f"switches.{name}" for name in names] + [name for name, value in new.items() if value is None]
        values = {f":{name}": value for name, value in new.items()} | ({} if switch else {":source": source})
        update = {
            "TableName": self.table,
            "Key": _pack(_attempt_key(session_id, number)),
            "UpdateExpression": f"SET {sets}" + (f" REMOVE {', '.join(removes)}" if removes else ""),
            "ConditionExpression": f"attribute_exists(pk) AND {condition}",
            "ExpressionAttributeValues": _pack(values),
            **({"ExpressionAttributeNames": names} if names else {}),
        }
        entry = TimelineEntry(seen_at, "source", text, number, by=switch.by if switch else None)
        return self._transact([{"Update": update}, {"Put": self._timeline_put(session_id, entry)}])

    def note_failure(self, session_id: str, number: int, failure: Failure) -> None:
        """The first failure of an attempt is its reason; later ones change nothing."""
        try:
            self._update(
                _attempt_key(session_id, number),
                "SET failure = :failure",
                {":failure": msgspec.to_builtins(failure)},
                "attribute_exists(pk) AND attribute_not_exists(failure)",
            )
        except _ConditionFailed:
            return

    def close_attempt(self, session_id: str, number: int, failure: Failure | None = None) -> None:
        """Nothing of the attempt is left: the sweeper need not look at it, and its session has ended or failed.

        One transaction: a crash in between would leave the session stopping, with nobody to look after it. A
        session that is past this attempt keeps its state. The sweeper looks after its recordings from now on.
        """
        close = {
            "TableName": self.table,
            "Key": _pack(_attempt_key(session_id, number)),
            "UpdateExpression": "SET ended_at = if_not_exists(ended_at, :now), #open = :archive REMOVE archived_at",
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeNames": {"#open": "open"},
            "ExpressionAttributeValues": _pack({":now": now(), ":archive": "archive"}),
        }
        move = (
            self._move(session_id, number, "failed", failure.reason, failure.reason)
            if failure
            else self._move(session_id, number, "ended", "Ended; nothing is left running", None)
        )
        if not self._transact([*move, {"Update": close}]):
            self._transact([{"Update": close}])

    def archive_attempt(self, session_id: str, number: int) -> None:
        """Its recordings are done. One of which something was found meanwhile stays open."""
        with contextlib.suppress(_ConditionFailed):
            self._update(
                _attempt_key(session_id, number),
                "SET archived_at = :now REMOVE #open",
                {":now": now(), ":archive": "archive"},
                "#open = :archive",
                {"#open": "open"},
            )

    def claim(self, session_id: str, number: int, what: str, execution: str, seconds: int) -> None:
        """Let one run at a time make `what`, for AWS calls that have no request token.

        A claim lapses after `seconds`. Raises InProgress while another run holds it.
        """
        item = {
            **_session_key(session_id, f"CLAIM#{number:06d}#{what}"),
            "holder": execution,
            "until": int(time.time()) + seconds,
            "expires": int(time.time()) + 86_400,
        }
        try:
            self._put(
                item,
                "attribute_not_exists(pk) OR #until < :now",
                {":now": int(time.time())},
                {"#until": "until"},
            )
        except _ConditionFailed:
            raise InProgress(f"Another run of the task is making {what}.") from None

    # -- whose resource is it

    def link(self, arn: str, session_id: str, number: int) -> None:
        """From now on, events about `arn` belong to this attempt."""
        self._put({"pk": f"RESOURCE#{arn}", "sk": "SESSION", "session_id": session_id, "attempt": number})

    def whose(self, arn: str) -> tuple[str, int] | None:
        """(session id, attempt) of a resource, None for one that is not ours."""
        item = self._get({"pk": f"RESOURCE#{arn}", "sk": "SESSION"})
        return (item["session_id"], item["attempt"]) if item else None

    # -- waits

    def put_wait(self, wait: Wait) -> None:
        """The newest token of a state replaces its older ones."""
        key = _session_key(wait.session_id, f"WAIT#{wait.execution}#{wait.until}")
        self._put({**key, **msgspec.to_builtins(wait), "expires": int(time.time()) + 30 * 86_400})

    def waits(self, session_id: str, attempt: int) -> list[Wait]:
        items = self._query(session_id, "WAIT#")
        return [wait for item in items if (wait := msgspec.convert(item, Wait)).attempt == attempt]

    def delete_wait(self, wait: Wait) -> None:
        """Deletes it only if its token is still the one that was woken."""
        try:
            aws.dynamodb().delete_item(
                TableName=self.table,
                Key=_pack(_session_key(wait.session_id, f"WAIT#{wait.execution}#{wait.until}")),
                ConditionExpression="#token = :token",
                ExpressionAttributeNames={"#token": "token"},
                ExpressionAttributeValues=_pack({":token": wait.token}),
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise

    # -- the lease of a borrowed IVS channel

    def lease(self, channel_arn: str, session_id: str, attempt: int, seconds: int) -> None:
        """Take or renew it for `seconds`; raises OutputInUse while another attempt holds it."""
        item = {
            "pk": f"CHANNEL#{channel_arn}",
            "sk": "LEASE",
            "holder": f"{session_id}-{attempt}",
            "until": int(time.time()) + seconds,
        }
        try:
            self._put(
                item,
                "attribute_not_exists(pk) OR holder = :me OR #until < :now",
                {":me": item["holder"], ":now": int(time.time())},
                {"#until": "until"},
            )
        except _ConditionFailed:
            held = self._get({"pk": item["pk"], "sk": "LEASE"}) or {}
            raise OutputInUse(
                f"The IVS channel is in use by '{held.get('holder', 'another session')}'. Stop that session first.",
                channel_arn=channel_arn,
            ) from None

    def holds(self, channel_arn: str, session_id: str, attempt: int) -> bool:
        """Whether the attempt has the lease, lapsed or not: nobody else has taken it."""
        item = self._get({"pk": f"CHANNEL#{channel_arn}", "sk": "LEASE"})
        return item is not None and item["holder"] == f"{session_id}-{attempt}"

    def release(self, channel_arn: str, session_id: str, attempt: int) -> None:
        """Give it back; another attempt's lease is left alone."""
        try:
            aws.dynamodb().delete_item(
                TableName=self.table,
                Key=_pack({"pk": f"CHANNEL#{channel_arn}", "sk": "LEASE"}),
                ConditionExpression="attribute_not_exists(pk) OR holder = :me",
                ExpressionAttributeValues=_pack({":me": f"{session_id}-{attempt}"}),
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise

    # -- recordings

    def recordings(self, session_id: str, attempt: int | None = None) -> list[Recording]:
        """Those of a session, or of one attempt, in the order they were opened."""
        prefix = "RECORDING#" if attempt is None else f"RECORDING#{attempt:06d}#"
        return [msgspec.convert(item, Recording) for item in self._query(session_id, prefix)]

    def recording(self, session_id: str, attempt: int, number: int) -> Recording | None:
        item = self._get(_recording_key(session_id, attempt, number))
        return msgspec.convert(item, Recording) if item else None

    def open_recording(self, session: Session, attempt: int, name: str, start: str | None) -> tuple[Recording, bool]:
        """Open a window in an attempt, armed without a `start`; with False, the one that is open already.

        Numbers have no gaps, so of two calls at once one gets the number, and the other finds the window open.
        """
        while True:
            before = self.recordings(session.id, attempt)
            for known in before:
                if known.name == name and known.is_open:
                    return known, False
            state: RecordingState = "open" if start else "armed"
            number = len(before) + 1
            made = Recording(session.id, attempt, number, session.owner, name, state, now(), start)
            key = _recording_key(session.id, attempt, number)
            with contextlib.suppress(_ConditionFailed):
                self._put({**key, **msgspec.to_builtins(made)}, "attribute_not_exists(pk)")
                return made, True

    def close_recording(self, recording: Recording, end: str) -> bool:
        """True if this call closed it."""
        return self._settle_recording(recording, "closed", {"end": end}, ("armed", "open"))

    def cut_recording(self, recording: Recording, playlist: Playlist) -> bool:
        """Write down its playlist; one that has a film keeps the playlist of that. True if it was written."""
        values = {":playlist": msgspec.to_builtins(playlist)}
        return self._add_to_recording(recording, "SET playlist = :playlist", values, "attribute_not_exists(film)")

    def add_film(self, recording: Recording, film: Film) -> bool:
        """The first film stays."""
        values = {":film": msgspec.to_builtins(film)}
        expression = "SET film = :film REMOVE film_failure"
        return self._add_to_recording(recording, expression, values, "attribute_not_exists(film)")

    def fail_film(self, recording: Recording, reason: str) -> bool:
        values = {":reason": reason}
        return self._add_to_recording(recording, "SET film_failure = :reason", values, "attribute_not_exists(film)")

    def publish_recording(self, recording: Recording) -> bool:
        """True if this call published it; a later one changes nothing."""
        return self._settle_recording(recording, "published", {}, ("closed", "failed"))

    def fail_recording(self, recording: Recording, reason: str) -> bool:
        return self._settle_recording(recording, "failed", {"reason": reason}, ("closed",))

    def delete_recording(self, recording: Recording) -> bool:
        """From now on it is not shown; what is stored of it is for ClearShow to remove. False while it is open."""
        return self._settle_recording(recording, "deleted", {}, ("closed", "published", "failed", "deleted"))

    def _add_to_recording(self, recording: Recording, expression: str, values: Item, condition: str) -> bool:
        key = _recording_key(recording.session_id, recording.attempt, recording.number)
        try:
            self._update(key, expression, values, f"attribute_exists(pk) AND {condition}")
        except _ConditionFailed:
            return False
        return True

    def _settle_recording(
        self, recording: Recording, to: RecordingState, values: Item, before: tuple[RecordingState, ...]
    ) -> bool:
        names = {f"#v{i}": name for i, name in enumerate(values)}
        sets = "".join(f", #v{i} = :v{i}" for i in range(len(values)))
        froms = {f":from{i}": state for i, state in enumerate(before)}
        try:
            self._update(
                _recording_key(recording.session_id, recording.attempt, recording.number),
                f"SET #state = :to{sets}",
                {":to": to, **{f":v{i}": value for i, value in enumerate(values.values())}, **froms},
                f"#state IN ({', '.join(froms)})",
                {"#state": "state", **names},
            )
        except _ConditionFailed:
            return False
        return True

    # -- an owner's files

    def add_media(self, media: Media) -> None:
        self._put({**_media_key(media.owner, media.id), **msgspec.to_builtins(media)})

    def media(self, owner: str, media_id: str) -> Media | None:
        item = self._get(_media_key(owner, media_id))
        return msgspec.convert(item, Media) if item else None

    def media_of(self, owner: str) -> list[Media]:
        """Oldest first."""
        found = [msgspec.convert(item, Media) for item in self._query_all(f"OWNER#{owner}", "MEDIA#")]
        return sorted(found, key=lambda media: media.created_at)

    def settle_media(self, media: Media, **values: Any) -> None:
        """What is found of a file; nothing for one that was deleted meanwhile."""
        found = {name: value for name, value in values.items() if value is not None}
        names = {f"#v{i}": name for i, name in enumerate(found)}
        sets = ", ".join(f"{name} = :v{i}" for i, name in enumerate(names))
        with contextlib.suppress(_ConditionFailed):
            self._update(
                _media_key(media.owner, media.id),
                f"SET {sets}",
                {f":v{i}": value for i, value in enumerate(found.values())},
                names=names,
            )

    def delete_media(self, media: Media) -> None:
        aws.dynamodb().delete_item(TableName=self.table, Key=_pack(_media_key(media.owner, media.id)))

    # -- timeline and executions

    def note(self, session_id: str, attempt: int, kind: str, text: str) -> None:
        """An entry for something that changes no state; the same `kind` of an attempt is written once."""
        key = _session_key(session_id, f"NOTED#{attempt:06d}#{kind}")
        put = {
            "TableName": self.table,
            "Item": _pack({**key, "expires": int(time.time()) + 30 * 86_400}),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        entry = TimelineEntry(now(), kind, text, attempt)
        self._transact([{"Put": put}, {"Put": self._timeline_put(session_id, entry)}])

    def timeline(self, session_id: str) -> list[TimelineEntry]:
        """All of it, oldest first."""
        return [msgspec.convert(item, TimelineEntry) for item in self._query(session_id, "TIMELINE#")]

    def record_execution(self, session_id: str, attempt: int, arn: str) -> None:
        self._put({**_session_key(session_id, f"EXECUTION#{arn.split(':')[-1]}"), "arn": arn, "attempt": attempt})

    def executions(self, session_id: str) -> list[tuple[str, int]]:
        """(execution ARN, attempt), in no particular order."""
        return [(item["arn"], item["attempt"]) for item in self._query(session_id, "EXECUTION#")]

    # -- Idempotency-Key

    def begin_request(self, owner: str, key: str, request: str) -> Replay | None:
        """Remember the request under its key for a day; the stored one if it came before."""
        item_key = {"pk": f"IDEMPOTENCY#{owner}#{key}", "sk": "REQUEST"}
        item = {**item_key, "request": request, "expires": int(time.time()) + 86_400}
        try:
            self._put(item, "attribute_not_exists(pk) OR expires < :now", {":now": int(time.time())})
        except _ConditionFailed:
            return msgspec.convert(self._get(item_key) or item, Replay)
        return None

    def answer_request(self, owner: str, key: str, status: int, body: str) -> None:
        """Of two that ran at once, the first answer is the one that is kept."""
        with contextlib.suppress(_ConditionFailed):
            self._update(
                {"pk": f"IDEMPOTENCY#{owner}#{key}", "sk": "REQUEST"},
                "SET #status = :status, body = :body",
                {":status": status, ":body": body},
                "attribute_exists(pk) AND attribute_not_exists(#status)",
                {"#status": "status"},
            )

    # -- DynamoDB itself

    def _get(self, key: Item) -> Item | None:
        item = aws.dynamodb().get_item(TableName=self.table, Key=_pack(key), ConsistentRead=True).get("Item")
        return _unpack(item) if item else None

    def _query(self, session_id: str, prefix: str) -> list[Item]:
        return self._query_all(f"SESSION#{session_id}", prefix)

    def _query_all(self, pk: str, prefix: str) -> list[Item]:
        pages = (
            aws.dynamodb()
            .get_paginator("query")
            .paginate(
                TableName=self.table,
                KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
                ExpressionAttributeValues=_pack({":pk": pk, ":prefix": prefix}),
                ConsistentRead=True,
            )
        )
        return [_unpack(item) for page in pages for item in page["Items"]]

    def _put(
        self,
        item: Item,
        condition: str | None = None,
        values: Item | None = None,
        names: dict[str, str] | None = None,
    ) -> None:
        optional: Item = {
            "ConditionExpression": condition,
            "ExpressionAttributeValues": _pack(values) if values else None,
            "ExpressionAttributeNames": names,
        }
        given = {k: v for k, v in optional.items() if v is not None}
        with _conditions():
            _patiently(lambda: aws.dynamodb().put_item(TableName=self.table, Item=_pack(item), **given))

    def _update(
        self,
        key: Item,
        expression: str,
        values: Item,
        condition: str = "attribute_exists(pk)",
        names: dict[str, str] | None = None,
    ) -> Item:
        """The whole item as it is afterwards."""
        aliases: Any = {"ExpressionAttributeNames": names} if names else {}
        aliases |= {"ExpressionAttributeValues": _pack(values)} if values else {}
        with _conditions():
            answer = _patiently(
                lambda: aws.dynamodb().update_item(
                    TableName=self.table,
                    Key=_pack(key),
                    UpdateExpression=expression,
                    ConditionExpression=condition,
                    ReturnValues="ALL_NEW",
                    **aliases,
                )
            )
        return _unpack(answer["Attributes"])

    def _transact(self, writes: list[Any]) -> bool:
        """True if all of it was written, False if a condition did not hold."""
        try:
            _patiently(lambda: aws.dynamodb().transact_write_items(TransactItems=writes))
        except ClientError as error:
            if error.response["Error"]["Code"] != "TransactionCanceledException":
                raise
            return False
        return True

    def _move(self, session_id: str, attempt: int, to: State, text: str, reason: str | None) -> list[Item]:
        """The writes of `advance`."""
        before = {f":from{i}": state for i, state in enumerate(may_become(to))}
        update = {
            "TableName": self.table,
            "Key": _pack(_session_key(session_id, "META")),
            "UpdateExpression": "SET #state = :to, updated_at = :now ADD version :one"
            if reason is None
            else "SET #state = :to, updated_at = :now, reason = :reason ADD version :one",
            "ConditionExpression": f"attempt = :attempt AND #state IN ({', '.join(before)})",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": _pack(
                {":to": to, ":now": now(), ":one": 1, ":attempt": attempt, ":reason": reason, **before}
            ),
        }
        entry = TimelineEntry(now(), "state", text, attempt, to)
        return [{"Update": update}, {"Put": self._timeline_put(session_id, entry)}]

    def _timeline_put(self, session_id: str, entry: TimelineEntry) -> Item:
        key = _session_key(session_id, f"TIMELINE#{entry.at}#{entry.attempt:06d}-{entry.state or entry.kind}")
        return {"TableName": self.table, "Item": _pack({**key, **msgspec.to_builtins(entry)})}


def _patiently(write: Callable[[], T]) -> T:
    """Of two writes that meet on an item DynamoDB refuses one, if either is a transaction: it is tried again.

    Raises InProgress if it always meets another.
    """
    for pause in (*PAUSES, None):
        try:
            return write()
        except ClientError as error:
            if not _met_another(error):
                raise
            if pause is None:
                raise InProgress("Others change the session at this moment. Try again.") from error
        time.sleep(random.uniform(0, pause))
    raise AssertionError("unreachable")


def _met_another(error: ClientError) -> bool:
    if error.response["Error"]["Code"] == "TransactionCanceledException":
        reasons = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])}
        return bool(reasons - {"None", "ConditionalCheckFailed"})
    return error.response["Error"]["Code"] == "TransactionConflictException"


class _ConditionFailed(Exception):
    pass


class _conditions:
    """Turns DynamoDB's ConditionalCheckFailedException into _ConditionFailed."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, ClientError) and error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            raise _ConditionFailed from error


@cache
def _store(table: str) -> Store:
    return Store(table)


def store() -> Store:
    """The store of this stage."""
    return _store(settings().table)
