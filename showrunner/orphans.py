"""Orphans: resources with the marks of an attempt that nobody looks after, as a crash may leave them behind a cleanup.

Ours is only what has all four tags, this stage's among them, and the name that belongs to them. A resource does not
tell when it was made, so its age is how long sweeps have been seeing it (docs/adr/0007-seen-twice.md).
"""

import re
from collections.abc import Callable
from typing import Any

from msgspec import Struct, field

from showrunner.executions import start_cleanup, sweep_trigger
from showrunner.naming import ATTEMPT, OWNER, SESSION, STAGE
from showrunner.session import seconds_since
from showrunner.settings import settings
from showrunner.store import store
from showrunner.sweep import SEEN, Sweep

GRACE_SECONDS = 240  # longer than any call that makes something, shorter than the 5 minutes between two sweeps
MARKS = {SESSION: re.compile(r"[A-Za-z0-9_-]{1,40}"), ATTEMPT: re.compile(r"[1-9][0-9]{0,5}"), OWNER: re.compile(".+")}

Step = tuple[str, Callable[[], object] | None]  # what it is called, and the call that does it; None: it is only told


class Resource(Struct, frozen=True):
    """One that AWS lists. `remembered`: the fields of an attempt that would name it."""

    arn: str
    name: str
    tags: dict[str, str]
    remembered: dict[str, Any] = field(default_factory=dict)


def marked(name: str, tags: dict[str, str]) -> tuple[str, int] | None:
    """(session id, attempt) of what this stage made, by its tags and its name; None for anything else."""
    if tags.get(STAGE) != settings().stage:
        return None
    if not all(pattern.fullmatch(tags.get(tag, "")) for tag, pattern in MARKS.items()):
        return None
    stem = f"{settings().stage}-{tags[SESSION]}-{tags[ATTEMPT]}"
    return (tags[SESSION], int(tags[ATTEMPT])) if name == stem or name.startswith(f"{stem}-") else None


def clear(sweep: Sweep, kind: str, resource: Resource, step: Step | None) -> None:
    """If it is an orphan, and was one for the grace, its attempt gets another cleanup. Without a row of its attempt
    no cleanup is possible: then `step` brings it nearer to its end, and the next sweep takes the one after.
    """
    owner = marked(resource.name, resource.tags)
    tended = store().tended(*owner) if owner else True
    if owner is None or tended:
        return
    if age(sweep, resource.arn) < GRACE_SECONDS:
        sweep.find(kind, resource.arn, SEEN)
    elif tended is False:
        sweep.find(kind, resource.arn, "cleanup", lambda: _clean_again(kind, resource, *owner))
    elif step is not None:
        sweep.find(kind, resource.arn, *step)


def age(sweep: Sweep, arn: str) -> float:
    """For how many seconds sweeps have been seeing it without a break; a dry run only asks."""
    since = store().sighting(arn) if sweep.dry_run else store().sight(arn)
    return seconds_since(since) if since else 0.0


def _clean_again(kind: str, resource: Resource, session_id: str, number: int) -> None:
    """The attempt is open again before its cleanup begins, so that a sweep looks after it should that fail."""
    if resource.remembered:
        store().link(resource.arn, session_id, number)
    store().found(session_id, number, **resource.remembered)
    store().note(session_id, number, f"orphan-{resource.arn.rpartition(':')[2]}", f"Found what a crash left: {kind}")
    start_cleanup(store().attempt(session_id, number), sweep_trigger())
