"""Add up what the steps of a sweep have found, log it and count it."""

from typing import Any

from showrunner.errors import SweepIncomplete
from showrunner.observability import count, logger
from showrunner.sweep import KINDS

Event = dict[str, Any]


def handler(event: Event, context: object) -> Event:
    """`found`: step -> its answer; `errors`: step -> what Catch wrote. Raises SweepIncomplete if anything failed."""
    steps = event.get("found", {}).values()
    finds = [find for step in steps for find in step["finds"]]
    counts = {kind: sum(step["counts"].get(kind, 0) for step in steps) for kind in KINDS}
    failed = [*event.get("errors", {}), *(name for step in steps for name in step["failed"])]
    if not event.get("dry_run"):
        _count(counts, len(failed))
    logger().info("swept", counts=counts, failed=failed, dry_run=bool(event.get("dry_run")))
    if failed:
        raise SweepIncomplete(f"Not swept: {', '.join(failed)}. The next sweep tries again.")
    return {"finds": finds, "counts": {kind: count for kind, count in counts.items() if count}}


def _count(counts: dict[str, int], failed: int) -> None:
    """Nought is counted too: a metric without a figure would say that no sweep has run."""
    kinds = {"Swept" + kind.title().replace(" ", ""): number for kind, number in counts.items()}
    count({"SweepFinds": sum(counts.values()), "SweepFailures": failed, **kinds})
