"""Since when sweeps have been seeing something that belongs to nobody, and where they go on looking."""

from showrunner import clock
from showrunner.session import now
from showrunner.store.table import ConditionFailed, Item, Table

FORGOTTEN_SECONDS = 3600  # what no sweep has seen for so long counts as new


def _key(arn: str) -> Item:
    return {"pk": f"ORPHAN#{arn}", "sk": "SEEN"}


CURSOR: Item = {"pk": "SWEEP", "sk": "CURSOR"}


class Sightings(Table):
    def sighting(self, arn: str) -> str | None:
        """Since when it has been seen, if it was."""
        item = self._get(_key(arn))
        return item["since"] if item and item["expires"] > clock.time() else None

    def sight(self, arn: str) -> str:
        """See it; since when it has been seen without a break."""
        at = int(clock.time())
        expires = at + FORGOTTEN_SECONDS
        try:
            item = self._update(_key(arn), "SET expires = :expires", {":expires": expires, ":at": at}, "expires > :at")
        except ConditionFailed:
            item = {"since": now()}
            self._put({**_key(arn), **item, "expires": expires})
        since: str = item["since"]
        return since

    def cursor(self) -> str:
        """The stored show after which the next sweep goes on looking; empty at the beginning."""
        return str((self._get(CURSOR) or {}).get("after", ""))

    def move_cursor(self, after: str) -> None:
        self._put({**CURSOR, "after": after})
