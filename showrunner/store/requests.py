"""Requests that were answered before."""

import contextlib

import msgspec

from showrunner import clock
from showrunner.store.table import ConditionFailed, Table


class Replay(msgspec.Struct, frozen=True):
    """An answer given before to the same request: HTTP status and JSON body."""

    request: str
    status: int = 0
    body: str = ""


class Requests(Table):
    def begin_request(self, owner: str, key: str, request: str) -> Replay | None:
        """Remember the request under its key for a day; the stored one if it came before."""
        item_key = {"pk": f"IDEMPOTENCY#{owner}#{key}", "sk": "REQUEST"}
        item = {**item_key, "request": request, "expires": int(clock.time()) + 86_400}
        try:
            self._put(item, "attribute_not_exists(pk) OR expires < :now", {":now": int(clock.time())})
        except ConditionFailed:
            return msgspec.convert(self._get(item_key) or item, Replay)
        return None

    def answer_request(self, owner: str, key: str, status: int, body: str) -> None:
        """Of two that ran at once, the first answer is the one that is kept."""
        with contextlib.suppress(ConditionFailed):
            self._update(
                {"pk": f"IDEMPOTENCY#{owner}#{key}", "sk": "REQUEST"},
                "SET #status = :status, body = :body",
                {":status": status, ":body": body},
                "attribute_exists(pk) AND attribute_not_exists(#status)",
                {"#status": "status"},
            )
