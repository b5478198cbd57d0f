"""A session on its way: its timeline, looked at again and again, until it is where it was to go."""

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from showrunner.cli.errors import Refused
from showrunner.cli.output import STYLES, clock, console, duration, print_json
from showrunner.session import RESTING

if TYPE_CHECKING:
    from rich.console import Group

    from showrunner.cli.client import Client, Json

LOOK_SECONDS = 1.0

NEXT = {
    "created": "Start it: showrunner session start {id}",
    "ready": "Start it: showrunner session start {id}",
    "waiting_for_input": "Publish to the address of: showrunner ingest {id} --reveal",
    "live": "Stop it: showrunner session stop {id}",
    "ended": "Start it again: showrunner session start {id}",
    "failed": "Start it again: showrunner session start {id}",
}


@dataclass(frozen=True)
class Step:
    """A state that an attempt entered; `at` is UTC ISO 8601."""

    session_id: str
    attempt: int
    state: str
    at: str
    text: str


def steps_of(session_id: str, timeline: "list[Json]", attempt: int | None = None) -> list[Step]:
    """The states of an attempt, the newest one's by default, oldest first."""
    entries = [entry for entry in timeline if entry.get("state")]
    number = attempt or max((entry.get("attempt", 0) for entry in entries), default=0)
    return [
        Step(session_id, number, entry["state"], entry["at"], entry["text"])
        for entry in entries
        if entry.get("attempt", 0) == number
    ]


def seconds(steps: list[Step], now: datetime) -> list[float]:
    """How long each step took; the last one until now, unless the session rests in it."""
    moments = [datetime.fromisoformat(step.at) for step in steps]
    if steps:
        moments.append(moments[-1] if steps[-1].state in RESTING else now)
    return [max(0.0, (after - before).total_seconds()) for before, after in pairwise(moments)]


def follow(
    client: "Client",
    session_id: str,
    until: Collection[str],
    attempt: int | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[list[Step]]:
    """The steps so far, once a look, until the last is one of `until` or the session rests."""
    while True:
        steps = steps_of(session_id, client.timeline(session_id)["timeline"], attempt)
        yield steps
        if not steps or steps[-1].state in until or steps[-1].state in RESTING:
            return
        sleep(LOOK_SECONDS)


def watch(
    client: "Client", session_id: str, until: Collection[str], attempt: int | None = None, as_json: bool = False
) -> None:
    """Show the way there. Raises Refused if the session fails, or rests without having got there."""
    looks = follow(client, session_id, until, attempt)
    if as_json:
        steps = _in_lines(looks, lambda step: print_json(asdict(step)))
    elif console().is_terminal:
        steps = _in_place(looks)
    else:
        steps = _in_lines(looks, _print_step)
    last = steps[-1] if steps else None
    if last and last.state == "failed":
        raise Refused(f"Session '{session_id}' failed: {last.text}")
    if last and until and last.state not in until:
        raise Refused(f"Session '{session_id}' has ended before it was {' or '.join(until)}.")


def _in_lines(looks: Iterator[list[Step]], show: Callable[[Step], None]) -> list[Step]:
    steps: list[Step] = []
    for look in looks:
        for step in look[len(steps) :]:
            show(step)
        steps = look
    return steps


def _print_step(step: Step) -> None:
    print(f"{clock(step.at)}  {step.state:<17}  {step.text}", flush=True)


def _in_place(looks: Iterator[list[Step]]) -> list[Step]:
    from rich.live import Live

    steps: list[Step] = []
    with Live(console=console(), get_renderable=lambda: picture(steps, datetime.now(UTC))):
        for look in looks:
            steps = look
    return steps


def picture(steps: list[Step], now: datetime) -> "Group":
    """The states with the time spent in each, and what to do in the last."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column()
    for step, took in zip(steps, seconds(steps, now), strict=True):
        last = step is steps[-1]
        mark = "●" if last and step.state not in RESTING else "✗" if step.state == "failed" else "✔"
        spent = "" if step.state in RESTING else duration(took)
        table.add_row(mark, Text(step.state, STYLES.get(step.state, "")), spent, Text(step.text if last else "", "dim"))
    hint = NEXT.get(steps[-1].state, "").format(id=steps[-1].session_id) if steps else ""
    return Group(table, Text(hint)) if hint else Group(table)
