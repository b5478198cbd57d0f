"""What the account may have of MediaLive and IVS, what else exists of it, and what each attempt has reserved."""

from functools import cached_property
from typing import Any

from msgspec import Struct

from showrunner.session import now
from showrunner.store.table import ConditionFailed, Item, Table, as_before, pack

KEY: Item = {"pk": "QUOTAS", "sk": "ACCOUNT"}


class Reservation(Struct, frozen=True):
    """`needs`: quota -> how many; `room`: quota -> how many others may have reserved at most, where a limit is known.

    `channel_arn`: of the IVS channel that is borrowed.
    """

    needs: dict[str, int]
    room: dict[str, int]
    channel_arn: str | None = None


class Account(Struct, frozen=True, dict=True):
    """`limits`, `others`: quota -> how many; `looked_at`: when these were so.

    `counting_since`: when the last call that counts began to.
    """

    item: Item

    @property
    def limits(self) -> dict[str, int]:
        return self.item.get("limits") or {}

    @property
    def others(self) -> dict[str, int]:
        return self.item.get("elsewhere") or {}

    @property
    def looked_at(self) -> str | None:
        return self.item.get("looked_at")

    @property
    def counting_since(self) -> str | None:
        return self.item.get("counting_since")

    @cached_property
    def reservations(self) -> dict[str, Any]:
        """Attempt -> what it has reserved. An attempt's name has a hyphen, and nothing else here has."""
        return {name: held for name, held in self.item.items() if "-" in name}

    @property
    def borrowed(self) -> set[str]:
        return {held["channel_arn"] for held in self.reservations.values() if "channel_arn" in held}

    def reserved(self, quota: str) -> int:
        return int(self.item.get(quota, 0))

    def room(self, quota: str) -> int:
        """How many the stage may have reserved at most."""
        return self.limits[quota] - self.others.get(quota, 0)


class Quotas(Table):
    def account(self) -> Account:
        return Account(self._get(KEY) or {})

    def begin_count(self, seen: Account) -> bool:
        """True if it is for this call to count: none has begun to since it has seen the account."""
        before: Item = {"counting_since": seen.counting_since}
        values = {":now": now(), ":counting_since_before": seen.counting_since}
        try:
            self._update(KEY, "SET counting_since = :now", values, as_before(before))
        except ConditionFailed:
            return False
        return True

    def note_quotas(self, limits: dict[str, int], others: dict[str, int]) -> Account:
        values = {":limits": limits, ":others": others, ":now": now()}
        expression = "SET limits = :limits, elsewhere = :others, looked_at = :now"
        older = "attribute_not_exists(looked_at) OR looked_at <= :now"
        try:
            return Account(self._update(KEY, expression, values, older))
        except ConditionFailed:  # somebody has looked meanwhile
            return self.account()

    def reserving(self, name: str, wanted: Reservation) -> Any:
        """The write that reserves what the attempt of this name needs, if there is room."""
        held = {**wanted.needs, **({"channel_arn": wanted.channel_arn} if wanted.channel_arn else {})}
        counts = {f":{quota}": count for quota, count in wanted.needs.items()}
        rooms = {f":room_{quota}": room for quota, room in wanted.room.items()}
        sums = [f"{quota} = if_not_exists({quota}, :none) + :{quota}" for quota in wanted.needs]
        fits = [f"(attribute_not_exists({quota}) OR {quota} <= :room_{quota})" for quota in wanted.room]
        return {
            "Update": {
                "TableName": self.table,
                "Key": pack(KEY),
                "UpdateExpression": "SET " + ", ".join(["#name = :held", *sums]),
                "ConditionExpression": " AND ".join(["attribute_not_exists(#name)", *fits]),
                "ExpressionAttributeNames": {"#name": name},
                "ExpressionAttributeValues": pack({":held": held, ":none": 0, **counts, **rooms}),
            }
        }

    def give_back(self, name: str) -> None:
        """What an attempt has reserved; it may be said more than once."""
        held = self.account().reservations.get(name)
        if held is None:
            return
        counts = {quota: count for quota, count in held.items() if quota != "channel_arn"}
        less = ", ".join(f"{quota} = {quota} - :{quota}" for quota in counts)
        try:
            self._update(
                KEY,
                f"REMOVE #name SET {less}",
                {f":{quota}": count for quota, count in counts.items()},
                "attribute_exists(#name)",
                {"#name": name},
            )
        except ConditionFailed:
            return
