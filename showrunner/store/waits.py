"""Task tokens that somebody waits on."""

import msgspec

from showrunner import clock
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
        self._put({**key, **msgspec.to_builtins(wait), "expires": int(clock.time()) + 30 * 86_400})

    def waits(self, session_id: str, attempt: int) -> list[Wait]:
        items = self._query(session_id, "WAIT#")
        return [wait for item in items if (wait := msgspec.convert(item, Wait)).attempt == attempt]

    def delete_wait(self, wait: Wait) -> None:
        """Deletes it only if its token is still the one that was woken."""
        self._delete(session_key(wait.session_id, f"WAIT#{wait.execution}#{wait.until}"), "token", wait.token)
