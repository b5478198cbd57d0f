"""The machines as graphs: where every edge leads, and how long a way can take at the longest."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tests.simulation import stack

ASL = dict[str, Any]
END = "the end"


@dataclass(frozen=True)
class State:
    """`edges`: what leads out of it (`next`, or the error that is caught) -> where to.

    `once`: seconds of one try; `longest`: of all tries, with the pauses between them.
    """

    name: str
    kind: str
    edges: dict[str, str]
    once: float
    longest: float
    faults: list[str] = field(default_factory=list)


@cache
def states(machine: str) -> dict[str, State]:
    """Of a machine by its name; those within a Parallel have its name before theirs, and lead back to it."""
    found = dict(_states(json.loads(stack.definitions()[machine]), "", END))
    for each in found.values():
        for where in each.edges.values():
            assert where == END or where in found, f"{each.name} leads to {where}, which is not there"
    return found


def start(machine: str) -> str:
    return str(json.loads(stack.definitions()[machine])["StartAt"])


def limit(machine: str) -> float:
    """The machine's own time-out."""
    return float(json.loads(stack.definitions()[machine])["TimeoutSeconds"])


def _states(machine: ASL, prefix: str, end: str) -> Iterator[tuple[str, State]]:
    for name, state in machine["States"].items():
        full = prefix + name
        branches = [dict(_states(branch, f"{full}/", f"{full} done")) for branch in state.get("Branches", [])]
        for branch in branches:
            yield from branch.items()
        longest = [path(branch, next(iter(branch)), lambda each: each.longest)[0] for branch in branches]
        once = [path(branch, next(iter(branch)), lambda each: each.once)[0] for branch in branches]
        edges = dict(_edges(state, prefix, end))
        if branches:
            yield f"{full} done", State(f"{full} done", "Joint", {"done": edges["next"]}, 0.0, 0.0)
            edges["begin"] = f"{full}/{state['Branches'][0]['StartAt']}"
        own = (state["TimeoutSeconds"], _longest(state)) if state["Type"] == "Task" else (0.0, 0.0)
        times = (max(once, default=own[0]), max(longest, default=own[1]))
        yield full, State(full, state["Type"], edges, *times, list(_faults(state)))


def _edges(state: ASL, prefix: str, end: str) -> Iterator[tuple[str, str]]:
    match state["Type"]:
        case "Succeed" | "Fail":
            yield "next", end
        case "Choice":
            yield from ((f"choice {number}", prefix + each["Next"]) for number, each in enumerate(state["Choices"]))
            yield "default", prefix + state["Default"]
        case _:
            yield "next", prefix + state["Next"] if "Next" in state else end
    for catcher in state.get("Catch", []):
        for error in catcher["ErrorEquals"]:
            yield error, prefix + catcher["Next"]


def _faults(state: ASL) -> Iterator[str]:
    """What a Task lacks."""
    if state["Type"] != "Task":
        return
    for name in ("TimeoutSeconds", "Retry", "Catch"):
        if not state.get(name):
            yield f"it has no {name}"
    if "States.ALL" not in [error for each in state.get("Catch", []) for error in each["ErrorEquals"]]:
        yield "it does not catch States.ALL"
    retried = {error for each in state.get("Retry", []) for error in each["ErrorEquals"]}
    if not retried & {"States.Timeout", "States.ALL"}:
        yield "it does not try again what has timed out"


def _longest(state: ASL) -> float:
    """Seconds of all tries that its retriers allow, each to its time-out, and of the longest pauses between them."""
    total = float(state["TimeoutSeconds"])
    for retrier in state.get("Retry", []):
        interval, rate = retrier.get("IntervalSeconds", 1), retrier.get("BackoffRate", 2.0)
        most = retrier.get("MaxDelaySeconds", float("inf"))
        pauses = [min(interval * rate**number, most) for number in range(retrier.get("MaxAttempts", 3))]
        total += sum(pauses) + len(pauses) * state["TimeoutSeconds"]
    return total


def path(found: dict[str, State], begin: str, weight: Any) -> tuple[float, list[str]]:
    """The heaviest way from a state to an end, and its states. Raises RecursionError where a way has no end."""
    if begin not in found:
        return 0.0, []
    state = found[begin]
    ways = [path(found, where, weight) for where in set(state.edges.values())]
    seconds, rest = max(ways, key=lambda way: way[0], default=(0.0, []))
    return weight(state) + seconds, [begin, *rest]


def ways(found: dict[str, State], begin: str) -> Iterator[list[str]]:
    """Every way from a state to an end."""
    if begin not in found:
        yield []
        return
    for where in sorted(set(found[begin].edges.values())):
        for way in ways(found, where):
            yield [begin, *way]
