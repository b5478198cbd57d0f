"""What the attempts of a month have cost, of each owner's and of the stage: sums that every attempt adds its share to.

A share is a course: so much at the month's beginning, and so much more with each second. The sum of courses is one, so
what running attempts have spent by now is known without asking each of them, and written only when a course changes.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from showrunner import clock
from showrunner.session import Attempt, MonthWarning, Share, now, span_of
from showrunner.store.places import STAGE
from showrunner.store.table import ConditionFailed, Item, Table, attempt_key, pack


class Spent(msgspec.Struct, frozen=True):
    """A month's sum: as a Share, and of how many starts."""

    spent: int = 0
    rate: int = 0
    starts: int = 0


class Spending(Table):
    def count(self, attempt: Attempt, owner: str, month: str, share: Share) -> bool:
        """Put an attempt's share in the place of what the month was told before; False if that is another by now.

        One transaction with the attempt's row: however often it is told, each share is in the sums once.
        """
        before = attempt.spending.get(month)
        was = before or Share(0, 0)
        change = {":spent": share.spent - was.spent, ":rate": share.rate - was.rate, ":starts": 0 if before else 1}
        sums = [{"Update": self._adding(month, whose, change)} for whose in (STAGE, of_owner(owner))]
        told = self._telling(attempt, month, share, before)
        return self._transact([{"Update": told}, *sums], (attempt_key(attempt.session_id, attempt.number), "spending"))

    def spent(self, month: str, owner: str | None = None) -> Spent:
        """An owner's, or without one the stage's."""
        return msgspec.convert(self._get(_key(month, of_owner(owner) if owner else STAGE)) or {}, Spent)

    def spent_by_owners(self, month: str) -> Iterator[tuple[str, Spent]]:
        for item in self._query_all(_key(month, "")["pk"], of_owner("")):
            yield item["sk"].removeprefix(of_owner("")), msgspec.convert(item, Spent)

    def sums(self, month: str) -> Iterator[tuple[str, Spent]]:
        """All of a month: the stage's as STAGE, and each owner's as OWNER#sub."""
        yield STAGE, self.spent(month)
        for owner, spent in self.spent_by_owners(month):
            yield of_owner(owner), spent

    def go_on(self, month: str, whose: str, seen: Spent, rate: int) -> bool:
        """Let a sum go on by another rate; what it comes to now stays. False if it was told something since `seen`."""
        at = clock.now()
        spent = spent_at(month, seen, at) - spent_at(month, Share(0, rate), at)
        values = {":spent": spent, ":rate": rate, ":seen_spent": seen.spent, ":seen_rate": seen.rate}
        names = {"#spent": "spent", "#rate": "rate"}
        unchanged = "#spent = :seen_spent AND #rate = :seen_rate"
        try:
            self._update(_key(month, whose), "SET #spent = :spent, #rate = :rate", values, unchanged, names)
        except ConditionFailed:
            return False
        return True

    def mark_month(self, month: str, owner: str | None, mark: str) -> bool:
        """True once: for the first who says so of this sum."""
        key = _key(month, of_owner(owner) if owner else STAGE)
        try:
            self._update(key, "SET #mark = :now", {":now": now()}, "attribute_not_exists(#mark)", {"#mark": mark})
        except ConditionFailed:
            return False
        return True

    def warn_of_month(self, attempt: Attempt, whose: str, message: str | None) -> None:
        """Have the attempt know, or forget; what it knows already is not written again."""
        known = attempt.month_warnings.get(whose)
        if message == (known.message if known else None):
            return
        others = {name: each for name, each in attempt.month_warnings.items() if name != whose}
        warnings = others | ({whose: MonthWarning(now(), message)} if message else {})
        key = attempt_key(attempt.session_id, attempt.number)
        self._update(key, "SET month_warnings = :warnings", {":warnings": msgspec.to_builtins(warnings)})

    def _telling(self, attempt: Attempt, month: str, share: Share, before: Share | None) -> Item:
        values: Item = {":share": msgspec.to_builtins(share)}
        names = {"#month": month}
        condition = "attribute_exists(pk) AND attribute_not_exists(spending.#month)"
        if before:
            condition = "spending.#month.#spent = :spent AND spending.#month.#rate = :rate"
            values |= {":spent": before.spent, ":rate": before.rate}
            names |= {"#spent": "spent", "#rate": "rate"}
        return {
            "TableName": self.table,
            "Key": pack(attempt_key(attempt.session_id, attempt.number)),
            "UpdateExpression": "SET spending.#month = :share",
            "ConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": pack(values),
        }

    def _adding(self, month: str, whose: str, change: dict[str, Any]) -> Item:
        return {
            "TableName": self.table,
            "Key": pack(_key(month, whose)),
            "UpdateExpression": "ADD #spent :spent, #rate :rate, #starts :starts",
            "ExpressionAttributeNames": {"#spent": "spent", "#rate": "rate", "#starts": "starts"},
            "ExpressionAttributeValues": pack(change),
        }


def spent_at(month: str, course: Spent | Share, at: datetime) -> int:
    """Billionths of a dollar, of the month, until then."""
    begins, ends = span_of(month)
    return course.spent + round(course.rate * (min(at, ends) - begins).total_seconds())


def _key(month: str, whose: str) -> Item:
    return {"pk": f"COSTS#{month}", "sk": whose}


def of_owner(owner: str) -> str:
    return f"OWNER#{owner}"
