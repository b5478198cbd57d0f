"""Windows of an attempt, and what was made of them."""

import contextlib

import msgspec

from showrunner.errors import StopRequested
from showrunner.recording import AUTOMATIC_NAME, Film, Playlist, Recording, RecordingState
from showrunner.session import Attempt, Session, now
from showrunner.store.table import ConditionFailed, Item, Table, attempt_key, pack, session_key


def recording_key(session_id: str, attempt: int, number: int) -> Item:
    return session_key(session_id, f"RECORDING#{attempt:06d}#{number:04d}")


class Recordings(Table):
    def recordings(self, session_id: str, attempt: int | None = None) -> list[Recording]:
        """Those of a session, or of one attempt, in the order they were opened."""
        prefix = "RECORDING#" if attempt is None else f"RECORDING#{attempt:06d}#"
        return [msgspec.convert(item, Recording) for item in self._query(session_id, prefix)]

    def recording(self, session_id: str, attempt: int, number: int) -> Recording | None:
        item = self._get(recording_key(session_id, attempt, number))
        return msgspec.convert(item, Recording) if item else None

    def open_recording(self, session: Session, attempt: int, name: str, start: str | None) -> tuple[Recording, bool]:
        """Open a window in an attempt, armed without a `start`; with False, the one that is open already.

        Numbers have no gaps, so of two calls at once one gets the number, and the other finds the window open. Raises
        StopRequested once a cleanup of the attempt has begun: it closes those that are open, and would miss this one.
        """
        while True:
            before = self.recordings(session.id, attempt)
            for known in before:
                if known.name == name and known.is_open:
                    return known, False
            state: RecordingState = "open" if start else "armed"
            number = len(before) + 1
            made = Recording(session.id, attempt, number, session.owner, name, state, now(), start)
            put = {
                "TableName": self.table,
                "Item": pack({**recording_key(session.id, attempt, number), **msgspec.to_builtins(made)}),
                "ConditionExpression": "attribute_not_exists(pk)",
            }
            counted = {
                "TableName": self.table,
                "Key": pack(attempt_key(session.id, attempt)),
                "UpdateExpression": "SET recordings = :number",
                "ConditionExpression": "attribute_exists(pk) AND attribute_not_exists(closing_at)",
                "ExpressionAttributeValues": pack({":number": number}),
            }
            if self._transact([{"Put": put}, {"Update": counted}, self._next_version(session.id)]):
                return made, True
            if "closing_at" in (self._get(attempt_key(session.id, attempt)) or {"closing_at": ""}):
                raise StopRequested

    def record_afterwards(self, session: Session, attempt: Attempt) -> Recording:
        """Open the window of the whole show that should have been opened when it began: by its cleanup, behind which
        nobody else opens one.
        """
        number = len(self.recordings(session.id, attempt.number)) + 1
        made = Recording(
            session.id, attempt.number, number, session.owner, AUTOMATIC_NAME, "open", now(), attempt.live_at
        )
        with contextlib.suppress(ConditionFailed):  # another cleanup is at it
            key = recording_key(session.id, attempt.number, number)
            self._put({**key, **msgspec.to_builtins(made)}, "attribute_not_exists(pk)")
        return made

    def close_recording(self, recording: Recording, end: str) -> bool:
        """True if this call closed it."""
        return self._settle_recording(recording, "closed", {"end": end}, ("armed", "open"))

    def cut_recording(self, recording: Recording, playlist: Playlist) -> bool:
        """Write down its playlist; one that has a film keeps the playlist of that. True if it was written."""
        return self._add_to_recording(recording, {"playlist": msgspec.to_builtins(playlist)})

    def add_film(self, recording: Recording, film: Film) -> bool:
        """The first film stays."""
        values = {"film": msgspec.to_builtins(film), "film_failure": None, "retry_at": None}
        return self._add_to_recording(recording, values)

    def fail_film(self, recording: Recording, reason: str, retry_at: str | None = None) -> bool:
        return self._add_to_recording(recording, {"film_failure": reason, "retry_at": retry_at})

    def try_again(self, recording: Recording) -> bool:
        """Count another try, which comes after the one that is begun now if that fails; True if nobody else has."""
        tries = recording.tries + 1
        values = {"tries": tries, "retry_at": recording.pause(tries)}
        return self._add_to_recording(recording, values, "retry_at = :before", {":before": recording.retry_at})

    def publish_recording(self, recording: Recording) -> bool:
        """True if this call published it; a later one changes nothing."""
        values = {"reason": None, **({"retry_at": None} if recording.film else {})}
        return self._settle_recording(recording, "published", values, ("closed", "failed"))

    def fail_recording(self, recording: Recording, reason: str, retry_at: str | None = None) -> bool:
        values = {"reason": reason, "retry_at": retry_at}
        return self._settle_recording(recording, "failed", values, ("closed", "failed"))

    def delete_recording(self, recording: Recording) -> bool:
        """From now on it is not shown; what is stored of it is for ClearShow to remove. False while it is open."""
        return self._settle_recording(recording, "deleted", {}, ("closed", "published", "failed", "deleted"))

    def _add_to_recording(
        self, recording: Recording, values: Item, so: str = "attribute_not_exists(film)", given: Item | None = None
    ) -> bool:
        """To one without a film, if not said otherwise; what is None is removed."""
        key = recording_key(recording.session_id, recording.attempt, recording.number)
        expression, names, packed = _changes(values)
        try:
            self._update(key, expression, {**packed, **(given or {})}, f"attribute_exists(pk) AND {so}", names)
        except ConditionFailed:
            return False
        return True

    def _settle_recording(
        self, recording: Recording, to: RecordingState, values: Item, before: tuple[RecordingState, ...]
    ) -> bool:
        """Likewise, of one in a state of `before`."""
        expression, names, packed = _changes({"state": to, **values})
        froms = {f":from{i}": state for i, state in enumerate(before)}
        update = {
            "TableName": self.table,
            "Key": pack(recording_key(recording.session_id, recording.attempt, recording.number)),
            "UpdateExpression": expression,
            "ConditionExpression": f"#state IN ({', '.join(froms)})",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": pack({**packed, **froms}),
        }
        return self._transact([{"Update": update}, self._next_version(recording.session_id)])


def _changes(values: Item) -> tuple[str, dict[str, str], Item]:
    """An update expression with its names and values."""
    sets = ", ".join(f"#{name} = :{name}" for name, value in values.items() if value is not None)
    gone = ", ".join(f"#{name}" for name, value in values.items() if value is None)
    expression = f"SET {sets}" + (f" REMOVE {gone}" if gone else "")
    return expression, {f"#{name}": name for name in values}, {f":{name}": each for name, each in values.items()}
