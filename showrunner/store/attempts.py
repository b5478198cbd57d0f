"""The starts of a session, and what was made for each."""

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from showrunner import clock
from showrunner.errors import InProgress, SessionNotFound, StopRequested
from showrunner.session import Attempt, Failure, Session, State, TimelineEntry, now
from showrunner.store.places import STAGE, Places
from showrunner.store.quotas import Quotas, Reservation
from showrunner.store.requests import Requests
from showrunner.store.sessions import Sessions
from showrunner.store.table import MOST_TOGETHER, ConditionFailed, Item, attempt_key, pack, session_key


class Attempts(Sessions, Places, Quotas, Requests):
    def begin_attempt(
        self,
        session: Session,
        start: bool,
        hold: bool = False,
        most_of_owner: int = 0,
        most_of_stage: int = 0,
        wanted: Reservation | None = None,
        number: int | None = None,
    ) -> bool:
        """Make the session's next attempt, or that of this `number`; False if another request was first.

        `start`: do not stop at ready; `hold`: then begin with the slate. `most_...`: how many may run at once, 0 for
        any number; `wanted`: of the account's quotas, as planned; False also if that is not there any more. Raises
        TooManySessions.
        """
        number = number or session.attempt + 1
        requested = now() if start else None
        attempt = Attempt(session.id, number, start_requested_at=requested, hold=hold, sound=session.sound)
        item = {**attempt_key(session.id, number), **msgspec.to_builtins(attempt), "open": "yes"}
        update = {
            "TableName": self.table,
            "Key": pack(session_key(session.id, "META")),
            "UpdateExpression": "SET #state = :to, state_at = :now, attempt = :number, updated_at = :now "
            "REMOVE reason ADD version :one",
            "ConditionExpression": "attempt = :before AND #state = :resting AND attribute_not_exists(deleted_at)",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": pack(
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
            "Item": pack(item),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        entry = TimelineEntry(now(), "state", "Start requested" if start else "Prepare requested", number, "preparing")
        most = {session.owner: most_of_owner, STAGE: most_of_stage}
        places = self.take_places(attempt.name, session.owner, most)
        if wanted:
            places.append(self.reserving(attempt.name, wanted))
        if self._transact([*self._told(session.id, entry, {"Update": update}, {"Put": put}), *places]):
            return True
        self.check_places(attempt.name, most)
        return False

    def attempt(self, session_id: str, number: int) -> Attempt:
        """Raises SessionNotFound."""
        item = self._get(attempt_key(session_id, number))
        if item is None:
            raise SessionNotFound(session_id)
        return msgspec.convert(item, Attempt)

    def attempts(self, names: Iterable[str]) -> list[Attempt]:
        """Those of these names that have a row."""
        keys = [attempt_key(*Attempt.named(name)) for name in names]
        pages = [self._get_together(*keys[at : at + MOST_TOGETHER]) for at in range(0, len(keys), MOST_TOGETHER)]
        return [msgspec.convert(row, Attempt) for page in pages for row in page if row is not None]

    def attempts_of(self, session_id: str) -> list[Attempt]:
        """In their order."""
        return [msgspec.convert(item, Attempt) for item in self._query(session_id, "ATTEMPT#")]

    def standing(self, session_id: str, number: int = 0) -> tuple[Session, Attempt | None]:
        """A session and its newest attempt, with one read if that is `number`. Raises SessionNotFound."""
        if number == 0:
            session = self.session(session_id)
        else:
            meta, row = self._get_together(session_key(session_id, "META"), attempt_key(session_id, number))
            if meta is None:
                raise SessionNotFound(session_id)
            session = msgspec.convert(meta, Session)
            if row is not None and session.attempt == number:
                return session, msgspec.convert(row, Attempt)
        return session, self.attempt(session_id, session.attempt) if session.attempt else None

    def running_sessions(self, owner: str) -> list[Session]:
        """Those of an owner's that run, newest first; by two reads, however many others there are."""
        keys = [session_key(Attempt.named(name)[0], "META") for name in self.running(owner)]
        pages = [self._get_together(*keys[at : at + MOST_TOGETHER]) for at in range(0, len(keys), MOST_TOGETHER)]
        sessions = [msgspec.convert(row, Session) for page in pages for row in page if row is not None]
        return sorted((each for each in sessions if not each.deleted_at), key=lambda s: s.created_at, reverse=True)

    def tended(self, session_id: str, number: int) -> bool | None:
        """Whether an execution or the sweeper still looks after what was made for it; None where there is no row."""
        item = self._get(attempt_key(session_id, number))
        return None if item is None else item.get("open") == "yes"

    def open_attempts(self) -> Iterator[Attempt]:
        """Every attempt of which anything may still exist."""
        return self._opened("yes")

    def unarchived_attempts(self) -> Iterator[Attempt]:
        """Every attempt that has ended, and whose recordings are not done."""
        return self._opened("archive")

    def mark(self, session_id: str, number: int, flag: str) -> bool:
        """Set one of the attempt's `..._at` fields to now, once; True if this call set it."""
        try:
            self._update(
                attempt_key(session_id, number),
                "SET #flag = :now",
                {":now": now()},
                "attribute_exists(pk) AND attribute_not_exists(#flag)",
                {"#flag": flag},
            )
        except ConditionFailed:
            return False
        return True

    def remember(self, session_id: str, number: int, **values: Any) -> None:
        """Write down what was made, even for an attempt that is closing: it is then swept up later.

        Raises StopRequested if a cleanup of the attempt has begun.
        """
        names = {f"#v{i}": name for i, name in enumerate(values)}
        assignments = "".join(f"{name} = :v{i}, " for i, name in enumerate(names))
        updated = self._update(
            attempt_key(session_id, number),
            f"SET {assignments}#open = :yes, made_at = :now",
            {":yes": "yes", ":now": now(), **{f":v{i}": value for i, value in enumerate(values.values())}},
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
            attempt_key(session_id, number),
            "SET inputs.#source = :id, #open = :yes, made_at = :now",
            {":yes": "yes", ":id": input_id, ":now": now()},
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
                attempt_key(session_id, number),
                "SET start_requested_at = :now" + (", #hold = :yes" if hold else ""),
                {":now": now(), **({":yes": True} if hold else {})},
                "attribute_exists(pk) AND attribute_not_exists(start_requested_at)",
                {"#hold": "hold"} if hold else None,
            )
        except ConditionFailed:
            return False
        return True

    def extend(self, attempt: Attempt, more: dict[str, int], text: str, by: str, key: str | None = None) -> Attempt:
        """`more`: which of its `extended_...` grow, and by how much; once for the request of `by` under the `key`.

        Raises InProgress if another call does so now.
        """
        unchanged = (f"(attribute_not_exists({name}) OR {name} = :{name}_before)" for name in more)
        update = {
            "TableName": self.table,
            "Key": pack(attempt_key(attempt.session_id, attempt.number)),
            "UpdateExpression": "ADD " + ", ".join(f"{name} :{name}" for name in more),
            "ConditionExpression": " AND ".join(["attribute_exists(pk)", *unchanged]),
            "ExpressionAttributeValues": pack(
                {f":{name}": value for name, value in more.items()}
                | {f":{name}_before": getattr(attempt, name) for name in more}
            ),
        }
        entry = TimelineEntry(now(), "extended", text, attempt.number, by=by)
        done = [self.doing(by, key)] if key else []
        extended = self._transact([*self._told(attempt.session_id, entry, {"Update": update}), *done])
        if not extended and not (key and self.is_done(by, key)):
            raise InProgress("The show is being extended by another call at this moment. Try again.")
        return self.attempt(attempt.session_id, attempt.number)

    def note_failure(self, session_id: str, number: int, failure: Failure) -> None:
        """The first failure of an attempt is its reason; later ones change nothing."""
        try:
            self._update(
                attempt_key(session_id, number),
                "SET failure = :failure",
                {":failure": msgspec.to_builtins(failure)},
                "attribute_exists(pk) AND attribute_not_exists(failure)",
            )
        except ConditionFailed:
            return

    def close_attempt(self, session_id: str, number: int, failure: Failure | None = None) -> bool:
        """Nothing of the attempt is left: the sweeper need not look at it, and its session has ended or failed.

        True if it is over by this call, and was not before.

        One transaction: a crash in between would leave the session stopping, with nobody to look after it. A
        session that is past this attempt keeps its state. The sweeper looks after its recordings from now on. Its
        places, and what it has reserved, are free before: a crash in between frees them early, and never leaves them
        taken.
        """
        owner, name = self.session(session_id).owner, Attempt(session_id, number).name
        self.leave_places(name, owner, STAGE)
        self.give_back(name)
        reason = failure.reason if failure else None
        to: State = "failed" if failure else "ended"
        text = reason or "Ended; nothing is left running"
        for first in (True, False):
            close = self._closing(session_id, number, first)
            if self._moved(session_id, number, to, text, reason, [close]) or self._transact([close]):
                return first
        return False

    def _closing(self, session_id: str, number: int, first: bool) -> Item:
        """The write that ends an attempt, if it has not ended; or that closes one anew that has."""
        return {
            "Update": {
                "TableName": self.table,
                "Key": pack(attempt_key(session_id, number)),
                "UpdateExpression": "SET ended_at = if_not_exists(ended_at, :now), #open = :archive REMOVE archived_at",
                "ConditionExpression": f"attribute_exists(pk) AND attribute_{'not_' if first else ''}exists(ended_at)",
                "ExpressionAttributeNames": {"#open": "open"},
                "ExpressionAttributeValues": pack({":now": now(), ":archive": "archive"}),
            }
        }

    def forget_attempt(self, session_id: str, number: int) -> None:
        """Remove the row of one that is open, and that nothing can end any more."""
        self._delete(attempt_key(session_id, number), "open", "yes")

    def archive_attempt(self, session_id: str, number: int) -> None:
        """Its recordings are done. One of which something was found meanwhile stays open."""
        with contextlib.suppress(ConditionFailed):
            self._update(
                attempt_key(session_id, number),
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
            **_claim_key(session_id, number, what),
            "holder": execution,
            "until": int(clock.time()) + seconds,
            "expires": int(clock.time()) + 86_400,
        }
        try:
            self._put(
                item,
                "attribute_not_exists(pk) OR #until < :now",
                {":now": int(clock.time())},
                {"#until": "until"},
            )
        except ConditionFailed:
            raise InProgress(f"Another run of the task is making {what}.") from None

    def give_up_claim(self, session_id: str, number: int, what: str, execution: str) -> None:
        """Nothing was made."""
        self._delete(_claim_key(session_id, number, what), "holder", execution)

    def _opened(self, value: str) -> Iterator[Attempt]:
        return (msgspec.convert(item, Attempt) for item in self._indexed(value))


def _claim_key(session_id: str, number: int, what: str) -> Item:
    return session_key(session_id, f"CLAIM#{number:06d}#{what}")
