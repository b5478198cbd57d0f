"""How many attempts run at once: each has a place of its owner's and one of the stage's until nothing of it is left."""

import contextlib
from typing import Any

from showrunner.errors import TooManySessions
from showrunner.session import Attempt
from showrunner.store.table import ConditionFailed, Item, Table, pack

STAGE = "STAGE"
OTHERS = ("pk", "sk", "taken")  # what an item has besides the names of attempts


class Places(Table):
    def take_places(self, name: str, owner: str, most: dict[str, int]) -> list[Any]:
        """The writes that take a place for the attempt of this name; `most`: whose places -> how many, 0 for any."""
        return [{"Update": self._taking(name, owner, whose, limit)} for whose, limit in most.items()]

    def take_missing_places(self, name: str, owner: str) -> None:
        """For an attempt that runs without one. It may be said more than once."""
        for write in self.take_places(name, owner, {owner: 0, STAGE: 0}):
            self._transact([write])

    def places(self) -> dict[str, str]:
        """The names of all attempts that have a place, and their owners."""
        item = self._get(_key(STAGE)) or {}
        return {name: owner for name, owner in item.items() if name not in OTHERS}

    def check_places(self, name: str, most: dict[str, int]) -> None:
        """Raises TooManySessions where there is no place left, unless the attempt has one."""
        for whose, limit in most.items():
            item = self._get(_key(whose)) or {}
            if limit and name not in item and item.get("taken", 0) >= limit:
                raise TooManySessions(_refusal(whose, item, limit), limit=limit)

    def running(self, owner: str) -> list[str]:
        """The names of the owner's attempts that have a place, and so run."""
        item = self._get(_key(owner)) or {}
        return sorted(name for name in item if name not in OTHERS)

    def leave_places(self, name: str, *owners: str) -> None:
        """It may be said more than once."""
        for whose in owners:
            with contextlib.suppress(ConditionFailed):
                self._update(
                    _key(whose),
                    "REMOVE #name SET taken = taken - :one",
                    {":one": 1},
                    "attribute_exists(#name)",
                    {"#name": name},
                )

    def _taking(self, name: str, owner: str, whose: str, limit: int) -> Item:
        values = {":owner": owner, ":none": 0, ":one": 1} | ({":most": limit} if limit else {})
        room = " AND (attribute_not_exists(taken) OR taken < :most)" if limit else ""
        return {
            "TableName": self.table,
            "Key": pack(_key(whose)),
            "UpdateExpression": "SET #name = :owner, taken = if_not_exists(taken, :none) + :one",
            "ConditionExpression": f"attribute_not_exists(#name){room}",
            "ExpressionAttributeNames": {"#name": name},
            "ExpressionAttributeValues": pack(values),
        }


def _key(whose: str) -> Item:
    return {"pk": whose if whose == STAGE else f"OWNER#{whose}", "sk": "RUNNING"}


def _refusal(whose: str, item: Item, limit: int) -> str:
    """It names an owner's sessions, never another's."""
    if whose == STAGE:
        return f"{item['taken']} sessions run; here may be {limit} at once. Start this one when another has ended."
    names = ", ".join(sorted(Attempt.named(each)[0] for each in item if each not in OTHERS))
    return f"{item['taken']} of your sessions run, and you may have {limit} at once: {names}. Stop one first."
