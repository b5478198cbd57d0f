"""Which attempt has borrowed an IVS channel, or that it is being deleted and nobody can."""

from collections.abc import Iterator

from msgspec import Struct

from showrunner import clock
from showrunner.errors import OutputInUse
from showrunner.session import Attempt, now
from showrunner.store.table import ConditionFailed, Item, Table

DELETION = Attempt("", 0)  # holds a channel that is being deleted


class Lease(Struct, frozen=True):
    """Until when (seconds since 1970) which attempt has a channel, if it does not renew it; or `DELETION` has it."""

    session_id: str
    attempt: int
    until: int

    @property
    def deletion(self) -> bool:
        return self.session_id == DELETION.session_id


class Leases(Table):
    def lease(self, channel_arn: str, session_id: str, attempt: int, seconds: int) -> None:
        """Take or renew it for `seconds`; raises OutputInUse while another attempt holds it."""
        item = {
            **_key(channel_arn),
            "holder": Attempt(session_id, attempt).name,
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
            raise in_use(channel_arn, self.lease_of(channel_arn)) from None

    def lock(self, channel_arn: str, run: str, seconds: int) -> None:
        """Keep sessions from it for `seconds`, to delete it; raises OutputInUse while anybody else holds it."""
        at = int(clock.time())
        item = {**_key(channel_arn), "holder": DELETION.name, "run": run, "until": at + seconds, "expires": at + 86_400}
        try:
            self._put(item, "attribute_not_exists(pk) OR #until < :now", {":now": at}, {"#until": "until"})
        except ConditionFailed:
            raise in_use(channel_arn, self.lease_of(channel_arn)) from None

    def unlock(self, channel_arn: str, run: str) -> None:
        self._delete(_key(channel_arn), "run", run)

    def lease_of(self, channel_arn: str) -> Lease | None:
        """None where nobody has the channel, or a lease has lapsed."""
        item = self._get(_key(channel_arn))
        if item is None or item["until"] < int(clock.time()):
            return None
        return _lease(item)

    def holds(self, channel_arn: str, session_id: str, attempt: int) -> bool:
        """Whether the attempt has the lease, lapsed or not: nobody else has taken it."""
        item = self._get(_key(channel_arn))
        return item is not None and item["holder"] == Attempt(session_id, attempt).name

    def leases(self) -> Iterator[tuple[str, str, int]]:
        """(channel ARN, session id, attempt) of each, lapsed or not."""
        for item in self._indexed("lease"):
            lease = _lease(item)
            yield item["pk"].removeprefix("CHANNEL#"), lease.session_id, lease.attempt

    def release(self, channel_arn: str, session_id: str, attempt: int) -> None:
        """Give it back; another attempt's lease is left alone."""
        self._delete(_key(channel_arn), "holder", Attempt(session_id, attempt).name)


def _key(channel_arn: str) -> Item:
    return {"pk": f"CHANNEL#{channel_arn}", "sk": "LEASE"}


def _lease(item: Item) -> Lease:
    return Lease(*Attempt.named(item["holder"]), item["until"])


def in_use(channel_arn: str, lease: Lease | None) -> OutputInUse:
    """`lease`: by whom, if it is still so."""
    if lease and lease.deletion:
        return OutputInUse("The IVS channel is being deleted. Choose another one.", channel_arn=channel_arn)
    holder = f"'{lease.session_id}-{lease.attempt}'" if lease else "another session"
    message = f"The IVS channel is in use by {holder}. Stop that session first."
    return OutputInUse(message, channel_arn=channel_arn, session_id=lease.session_id if lease else None)
