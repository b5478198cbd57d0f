"""Which attempt has borrowed an IVS channel."""

from collections.abc import Iterator

from showrunner import clock
from showrunner.errors import OutputInUse
from showrunner.session import now
from showrunner.store.table import ConditionFailed, Table


class Leases(Table):
    def lease(self, channel_arn: str, session_id: str, attempt: int, seconds: int) -> None:
        """Take or renew it for `seconds`; raises OutputInUse while another attempt holds it."""
        item = {
            "pk": f"CHANNEL#{channel_arn}",
            "sk": "LEASE",
            "holder": f"{session_id}-{attempt}",
            "until": int(clock.time()) + seconds,
            "open": "lease",
            "created_at": now(),
        }
        try:
            self._put(
                item,
                "attribute_not_exists(pk) OR holder = :me OR #until < :now",
                {":me": item["holder"], ":now": int(clock.time())},
                {"#until": "until"},
            )
        except ConditionFailed:
            held = self._get({"pk": item["pk"], "sk": "LEASE"}) or {}
            raise OutputInUse(
                f"The IVS channel is in use by '{held.get('holder', 'another session')}'. Stop that session first.",
                channel_arn=channel_arn,
            ) from None

    def holds(self, channel_arn: str, session_id: str, attempt: int) -> bool:
        """Whether the attempt has the lease, lapsed or not: nobody else has taken it."""
        item = self._get({"pk": f"CHANNEL#{channel_arn}", "sk": "LEASE"})
        return item is not None and item["holder"] == f"{session_id}-{attempt}"

    def leases(self) -> Iterator[tuple[str, str, int]]:
        """(channel ARN, session id, attempt) of each, lapsed or not."""
        for item in self._indexed("lease"):
            session_id, _, number = item["holder"].rpartition("-")
            yield item["pk"].removeprefix("CHANNEL#"), session_id, int(number)

    def release(self, channel_arn: str, session_id: str, attempt: int) -> None:
        """Give it back; another attempt's lease is left alone."""
        self._delete({"pk": f"CHANNEL#{channel_arn}", "sk": "LEASE"}, "holder", f"{session_id}-{attempt}")
