"""What happened to a session, which executions worked for it, and whose a resource is."""

import msgspec

from showrunner import clock
from showrunner.session import TimelineEntry, now
from showrunner.store.table import TIMELINE, Table, pack, session_key


class Timeline(Table):
    def note(self, session_id: str, attempt: int, kind: str, text: str, of: str = "") -> bool:
        """An entry for something that changes no state; of an attempt the same `kind`, `of` something, is written once.

        True if this call wrote it.
        """
        key = session_key(session_id, f"NOTED#{attempt:06d}#{kind}#{of}" if of else f"NOTED#{attempt:06d}#{kind}")
        put = {
            "TableName": self.table,
            "Item": pack({**key, "expires": int(clock.time()) + 30 * 86_400}),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        entry = TimelineEntry(now(), kind, text, attempt)
        return self._transact(self._told(session_id, entry, {"Put": put}))

    def timeline(self, session_id: str, after: str = "") -> list[TimelineEntry]:
        """Oldest first; with a time, those from then on."""
        found = self._query(session_id, TIMELINE, after)
        return [msgspec.convert(item | {"id": item["sk"].removeprefix(TIMELINE)}, TimelineEntry) for item in found]

    def record_execution(self, session_id: str, attempt: int, arn: str) -> None:
        self._put({**session_key(session_id, f"EXECUTION#{arn.split(':')[-1]}"), "arn": arn, "attempt": attempt})

    def executions(self, session_id: str) -> list[tuple[str, int]]:
        """(execution ARN, attempt), in no particular order."""
        return [(item["arn"], item["attempt"]) for item in self._query(session_id, "EXECUTION#")]

    def link(self, arn: str, session_id: str, number: int) -> None:
        """From now on, events about `arn` belong to this attempt."""
        self._put({"pk": f"RESOURCE#{arn}", "sk": "SESSION", "session_id": session_id, "attempt": number})

    def whose(self, arn: str) -> tuple[str, int] | None:
        """(session id, attempt) of a resource, None for one that is not ours."""
        item = self._get({"pk": f"RESOURCE#{arn}", "sk": "SESSION"})
        return (item["session_id"], item["attempt"]) if item else None
