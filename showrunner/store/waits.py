"""Task tokens that somebody waits on."""

from collections.abc import Iterator

import msgspec

from showrunner import clock
from showrunner.session import now, seconds_since
from showrunner.store.table import Table, session_key


class Wait(msgspec.Struct, frozen=True):
    """Somebody waits: `execution` stands in a state until the condition `until` is reached."""

    session_id: str
    attempt: int
    execution: str
    until: str
    token: str


class Waits(Table):
    def put_wait(self, wait: Wait) -> None:
        """The newest token of a state replaces its older ones."""
        key = session_key(wait.session_id, f"WAIT#{wait.execution}#{wait.until}")
        marks = {"open": "wait", "created_at": now(), "expires": int(clock.time()) + 30 * 86_400}
        self._put({**key, **msgspec.to_builtins(wait), **marks})

    def old_waits(self, seconds: float) -> Iterator[Wait]:
        """Those of any session whose token has been there for so long."""
        for item in self._indexed("wait"):
            if seconds_since(item["created_at"]) > seconds:
                yield msgspec.convert(item, Wait)

    def waits(self, session_id: str, attempt: int) -> list[Wait]:
        items = self._query(session_id, "WAIT#")
        return [wait for item in items if (wait := msgspec.convert(item, Wait)).attempt == attempt]

    def delete_wait(self, wait: Wait) -> None:
        """Deletes it only if its token is still the one that was woken."""
        self._delete(session_key(wait.session_id, f"WAIT#{wait.execution}#{wait.until}"), "token", wait.token)
