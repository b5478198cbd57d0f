"""One step of a sweep: what it finds, what it does about each find, and what it could not do."""

from collections.abc import Callable
from typing import Any

from showrunner.observability import logger

Event = dict[str, Any]
SEEN = "seen"  # nothing is done: it may still be somebody's
MOST_TOLD = 100  # finds of one step that are told one by one; an execution's data is 256 KB at most

# What a find may be. Each is a metric, `Swept` and the name without spaces.
KINDS = (
    "session",
    "overdue session",
    "archive",
    "lease",
    "reservation",
    "place",
    "token",
    "rate",
    "channel",
    "input",
    "security group",
    "output",
    "upload",
    "stored show",
)


class Sweep:
    """`event` is the execution's input: {"dry_run": true} finds the same and changes nothing."""

    def __init__(self, event: Event) -> None:
        self.dry_run = bool(event.get("dry_run", False))
        self.finds: list[Event] = []
        self.failed: list[str] = []

    def find(self, kind: str, name: str, action: str, act: Callable[[], object] | None = None) -> None:
        """Do something about a find, or only tell of it. One that fails is told too, and keeps no other from it."""
        if act is not None and not self.dry_run:
            try:
                act()
            except Exception:
                logger().exception("not swept", kind=kind, found=name, action=action)
                self.failed.append(f"{kind} {name}")
                return
        logger().warning("found", kind=kind, found=name, action=action, dry_run=self.dry_run)
        self.finds.append({"kind": kind, "name": name, "action": action})

    @property
    def answer(self) -> Event:
        """What the step's task answers. All is counted but what is only watched yet, and the first are told."""
        counts = {kind: sum(find["kind"] == kind and find["action"] != SEEN for find in self.finds) for kind in KINDS}
        told = {kind: count for kind, count in counts.items() if count}
        return {"finds": self.finds[:MOST_TOLD], "counts": told, "failed": self.failed[:MOST_TOLD]}
