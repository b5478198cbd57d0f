"""Requests that were answered before."""

import contextlib

import msgspec

from showrunner import clock
from showrunner.store.table import ConditionFailed, Item, Table, pack


class Replay(msgspec.Struct, frozen=True):
    """An answer given before to the same request: HTTP status and JSON body."""

    request: str
    status: int = 0
    body: str = ""


def _key(owner: str, key: str) -> Item:
    return {"pk": f"IDEMPOTENCY#{owner}#{key}", "sk": "REQUEST"}


class Requests(Table):
    def begin_request(self, owner: str, key: str, request: str) -> Replay | None:
        """Remember the request under its key for a day; the stored one if it came before."""
        item_key = _key(owner, key)
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
                _key(owner, key),
                "SET #status = :status, body = :body",
                {":status": status, ":body": body},
                "attribute_exists(pk) AND attribute_not_exists(#status)",
                {"#status": "status"},
            )

    def doing(self, owner: str, key: str) -> Item:
        """The write that goes with the effect of a request that has begun, so that it takes place once.

        Otherwise one that died before its answer would do again what it did.
        """
        return {
            "Update": {
                "TableName": self.table,
                "Key": pack(_key(owner, key)),
                "UpdateExpression": "SET done = :yes",
                "ConditionExpression": "attribute_exists(pk) AND attribute_not_exists(done)",
                "ExpressionAttributeValues": pack({":yes": True}),
            }
        }

    def is_done(self, owner: str, key: str) -> bool:
        """Whether the effect of the request has taken place."""
        return bool((self._get(_key(owner, key)) or {}).get("done"))
