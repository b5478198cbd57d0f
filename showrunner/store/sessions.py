"""The sessions of an owner."""

from datetime import timedelta
from typing import Any

import msgspec

from showrunner import aws
from showrunner.errors import SessionExists, SessionNotFound
from showrunner.session import Session, State, TimelineEntry, Tracklist, isotime, may_become, moment, now
from showrunner.sound import Level, Sound
from showrunner.store.table import ConditionFailed, Item, Table, pack, session_key, unpack

THERE = "attribute_exists(pk)"
EMPTY: Item = {}


class Sessions(Table):
    def create_session(self, session: Session, request: str | None = None) -> None:
        """Raises SessionExists if the id is taken, but not by the same `request`: one that died after this."""
        item = {**session_key(session.id, "META"), **msgspec.to_builtins(session), "request": request}
        try:
            self._put(item, "attribute_not_exists(pk)")
        except ConditionFailed:
            there = self._get(session_key(session.id, "META")) or {}
            if request is None or there.get("request") != request:
                raise SessionExists(session.id) from None

    def session(self, session_id: str) -> Session:
        """Raises SessionNotFound."""
        item = self._get(session_key(session_id, "META"))
        if item is None:
            raise SessionNotFound(session_id)
        return msgspec.convert(item, Session)

    def sessions_of(self, owner: str, limit: int, cursor: Item | None) -> tuple[list[Session], Item | None]:
        """A page of an owner's sessions, newest first, those deleted left out; and where the next one starts."""
        start: Any = {"ExclusiveStartKey": pack(cursor)} if cursor else {}
        page = aws.dynamodb().query(
            TableName=self.table,
            IndexName="owner",
            KeyConditionExpression="#owner = :owner",
            # An owner's files have an owner and a time too, so the index has them.
            FilterExpression="attribute_not_exists(deleted_at) AND sk = :meta",
            ExpressionAttributeNames={"#owner": "owner"},
            ExpressionAttributeValues=pack({":owner": owner, ":meta": "META"}),
            ScanIndexForward=False,
            Limit=limit,
            **start,
        )
        sessions = [msgspec.convert(unpack(item), Session) for item in page["Items"]]
        following = page.get("LastEvaluatedKey")
        return sessions, unpack(following) if following else None

    def advance(self, session_id: str, attempt: int, to: State, text: str, reason: str | None = None) -> bool:
        """Move the session to `to` if this attempt is its newest and TRANSITIONS allow it; True if it moved.

        The timeline entry is written in the same transaction: a repeated task leaves no second one.
        """
        return self._moved(session_id, attempt, to, text, reason)

    def set_sound(self, session: Session, sound: Sound, text: str, by: str) -> None:
        """The programme's level, for the attempts that begin from now on."""
        self._change(session, "SET sound = :value", msgspec.to_builtins(sound), {}, text, by)

    def set_tracklist(
        self, session: Session, tracklist: Tracklist, text: str, by: str, edited: Tracklist | None = None
    ) -> bool:
        """False if it is not the list that was `edited` any more."""
        condition, seen = THERE, {}
        if edited:  # a release before tracklists may have stored the session
            condition = f"{THERE} AND (attribute_not_exists(tracklist) OR tracklist = :edited)"
            seen = {":edited": msgspec.to_builtins(edited)}
        value = msgspec.to_builtins(tracklist)
        return self._change(session, "SET tracklist = :value", value, {}, text, by, "tracklist", condition, seen)

    def set_level(self, session: Session, source: str, level: Level, text: str, by: str) -> None:
        """How loud a source is wanted."""
        names = {"#source": source}
        self._change(session, "SET levels.#source = :value", msgspec.to_builtins(level), names, text, by)

    def hide(self, session_id: str, attempt: int) -> bool:
        """Leave the session out of lists and answers from now on; False if an attempt after `attempt` has begun."""
        try:
            self._update(
                session_key(session_id, "META"),
                "SET deleted_at = if_not_exists(deleted_at, :now)",
                {":now": now(), ":attempt": attempt},
                "attempt = :attempt",
            )
        except ConditionFailed:
            return False
        return True

    def _change(
        self,
        session: Session,
        expression: str,
        value: Item,
        names: dict[str, str],
        text: str,
        by: str,
        kind: str = "sound",
        condition: str = THERE,
        seen: Item = EMPTY,
    ) -> bool:
        """Write to a session, and an entry in its timeline with it; False if the condition does not hold."""
        update = {
            "TableName": self.table,
            "Key": pack(session_key(session.id, "META")),
            "UpdateExpression": f"{expression}, updated_at = :now ADD version :one",
            "ConditionExpression": condition,
            "ExpressionAttributeValues": pack({":value": value, ":now": now(), ":one": 1, **seen}),
        } | ({"ExpressionAttributeNames": names} if names else {})
        entry = TimelineEntry(now(), kind, text, session.attempt, by=by)
        return self._tell(
            update, session.id, entry, into=(session_key(session.id, "META"), "levels") if names else None
        )

    def _moved(
        self, session_id: str, attempt: int, to: State, text: str, reason: str | None, also: list[Item] | None = None
    ) -> bool:
        """As `advance`, in one transaction with what is `also` to be written.

        Entries are in the order of their times, and a state's is behind that of the state before it: who takes the
        time first may write second, and clocks differ.
        """
        at = now()
        while not self._transact([*self._move(session_id, attempt, to, text, reason, at), *(also or [])]):
            there = self._get(session_key(session_id, "META")) or {}
            before = there.get("state_at", "")
            if (there.get("attempt"), before < at) != (attempt, False) or there["state"] not in may_become(to):
                return False
            at = isotime(moment(before) + timedelta(milliseconds=1))
        return True

    def _move(self, session_id: str, attempt: int, to: State, text: str, reason: str | None, at: str) -> list[Item]:
        before = {f":from{i}": state for i, state in enumerate(may_become(to))}
        update = {
            "TableName": self.table,
            "Key": pack(session_key(session_id, "META")),
            "UpdateExpression": "SET #state = :to, state_at = :now, updated_at = :now"
            f"{', reason = :reason' if reason is not None else ''} ADD version :one",
            "ConditionExpression": f"attempt = :attempt AND #state IN ({', '.join(before)}) "
            "AND (attribute_not_exists(state_at) OR state_at < :now)",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": pack(
                {":to": to, ":now": at, ":one": 1, ":attempt": attempt, ":reason": reason, **before}
            ),
        }
        entry = TimelineEntry(at, "state", text, attempt, to)
        return self._told(session_id, entry, {"Update": update})
