"""Under which name an owner has which persistent IVS channel: IVS's names are not unique, and its lists may lag."""

import contextlib

from showrunner import clock
from showrunner.errors import InProgress
from showrunner.store.table import ConditionFailed, Item, Table


def _key(owner: str, name: str) -> Item:
    return {"pk": f"OWNER#{owner}", "sk": f"CHANNEL#{name}"}


class OwnChannels(Table):
    def named_channel(self, owner: str, name: str) -> str | None:
        """The ARN of what was made under the name; it may be gone."""
        arn: str | None = (self._get(_key(owner, name)) or {}).get("arn")
        return arn

    def claim_name(self, owner: str, name: str, run: str, seconds: int, gone: str | None) -> None:
        """Let one request at a time make the channel; its claim lapses. `gone`: the ARN of the one that was.

        Raises InProgress while another makes it, or has made it.
        """
        at = int(clock.time())
        item = {**_key(owner, name), "run": run, "until": at + seconds, "expires": at + 86_400}
        free = "attribute_not_exists(pk) OR (attribute_not_exists(arn) AND #until < :now) OR arn = :gone"
        try:
            self._put(item, free, {":now": at, ":gone": gone or "-"}, {"#until": "until"})
        except ConditionFailed:
            raise InProgress(f"Another request is making the channel '{name}'. Try again.") from None

    def name_channel(self, owner: str, name: str, run: str, arn: str) -> None:
        """What the claim was for is made. One that has lapsed meanwhile is another's."""
        with contextlib.suppress(ConditionFailed):
            self._update(_key(owner, name), "SET arn = :arn REMOVE expires", {":arn": arn, ":run": run}, "run = :run")

    def give_up_name(self, owner: str, name: str, run: str) -> None:
        """Nothing was made."""
        self._delete(_key(owner, name), "run", run)

    def forget_channel(self, owner: str, name: str, arn: str) -> None:
        """It is gone; one that was made under the name since is left alone."""
        self._delete(_key(owner, name), "arn", arn)
