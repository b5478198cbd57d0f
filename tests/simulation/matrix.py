"""Every fault in every state: `python -m tests.simulation.matrix`, or one case by its name.

The cases are found by living each show once without a fault and writing down who called what, and which events came:
a new state, call or event is covered by itself. Each case is then lived in a world of its own.
"""

import argparse
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from sandbox.unknowns import NAMES
from tests.simulation import truths
from tests.simulation.faults import CALLS, ENDS, EVENTS, INVOKES, LASTS, LATER, Case, Struck, name_of
from tests.simulation.lives import AGAIN, LIVES, TROUBLED, Person
from tests.simulation.tally import by_state
from tests.simulation.world import Event, NoFaults, World, lived

SEED = 1
TO_REST = 6 * 3600.0
"""Seconds of virtual time after a show that are waited until everything has come to rest."""
GOAL = 20.0
"""Minutes from the show's end, or the fault's if that came later, in which nothing may be left any more."""
GOALS = {"forgotten": 30.0}  # without a row of it no cleanup is possible, and each step waits for a sweep
LATEST = 6  # of the calls of one name in a state: those behind it are of another look or sweep, as the ones before
MANY = 2100  # of the cases are lived by `make test`
COMMAND = ".venv/bin/python -m tests.simulation.matrix"


@dataclass(frozen=True)
class Lived:
    """What a show without faults was like."""

    calls: tuple[tuple[tuple[str, str], int], ...]  # and how often
    events: tuple[tuple[str, Event, float], ...]  # with when it was
    states: frozenset[str]


@dataclass(frozen=True)
class Result:
    """`minutes`: from the show's end, or the fault's if that came later, until nothing was left."""

    case: Case
    problems: tuple[str, ...]
    minutes: float


@cache
def faultless(show: str) -> Lived:
    with lived(SEED) as world:
        LIVES[show](Person(world))
        rest(world)
        calls, told = tuple(sorted(world.calls.items())), list(zip(world.events, world.emitted, strict=True))
        wrong = [*truths.problems(world), *world.failures]
        assert not wrong, f"{show} fails without any fault: {wrong}"
        seen: Counter[str] = Counter()
        events = []
        for event, at in told:
            seen[name_of(event)] += 1
            events.append((f"{name_of(event)} #{seen[name_of(event)]}", event, at))
        return Lived(calls, tuple(events), frozenset(world.states()))


@cache
def cases() -> tuple[Case, ...]:
    """All of them. A call that several shows make in one state, and an event of several, is tried in the first."""
    return tuple(_cases())


def some() -> list[Case]:
    """`MANY` at even distances: of each kind of fault the same part, and of one call other kinds than of the next."""
    order = sorted(cases(), key=lambda case: (case.kind, case.again, case.nth, case.where, case.what))
    return [order[number * len(order) // MANY] for number in range(MANY)]


def _cases() -> Iterator[Case]:
    tried: Counter[tuple[str, str]] = Counter()  # how many of the calls of that name
    known: set[tuple[str, str]] = set()
    for show in LIVES:
        for (where, call), count in faultless(show).calls:
            machines = call == "lambda.Invoke" or where.endswith("/Cleanup")
            if not tried[where, call]:
                # A call that only looks has no effect: after it is as before it.
                idle = looks(call)
                kinds = INVOKES if machines else [kind for kind in CALLS if not (idle and kind.endswith("-after"))]
                for kind in kinds:
                    yield from (Case(show, where, call, kind, again) for again in (False, True))
                if call == "lambda.Invoke":
                    yield from (Case(show, where, "execution", kind) for kind in ENDS)
            if not machines and not looks(call):
                later = range(max(2, tried[where, call] + 1), min(count, LATEST) + 1)
                yield from (Case(show, where, call, kind, nth=nth) for nth in later for kind in LATER)
            tried[where, call] = max(count, tried[where, call])
        for name, *_ in faultless(show).events:
            for kind in EVENTS:
                if (name, kind) not in known and (show in AGAIN or kind != "into-the-next-attempt"):
                    known.add((name, kind))
                    yield Case(show, "event", name, kind)
        yield from (Case(show, "aws", unknown, "otherwise") for unknown in NAMES)


def looks(call: str) -> bool:
    return call.partition(".")[2].startswith(("Describe", "Get", "Head", "List", "Query"))


def rest(world: World) -> float:
    """Let time pass until nothing runs and nothing is left, nor comes late; when that was."""
    began, rested = world.clock.time(), 0.0
    while not rested or not (world.quiet or world.clock.time() > began + TO_REST):
        step = 1.0
        while not world.quiet and world.clock.time() < began + TO_REST:
            world.advance(step)
            step = min(step * 1.2, 30.0)
        rested = world.clock.time()
        world.advance(310)  # what was deleted is forgotten, late events come, and the sweeper once more
        world.until(lambda: not world.executions("sweep", "RUNNING"), 900, 5)
    return rested


def live(case: Case) -> Result:
    """One show with one fault."""
    otherwise = frozenset({case.what} if case.where == "aws" else ())
    plan: NoFaults = NoFaults()
    struck: Struck | None = None
    if not otherwise:
        known = {name: (at, event) for name, event, at in faultless(case.show).events}
        plan = struck = Struck(case, *known.get(case.what, (0.0, {})))
    with lived(SEED, plan, otherwise=otherwise) as world:
        person = Person(world)
        LIVES[case.show](person)
        rested = rest(world)
        if struck is not None and struck.began is not None and case.again:
            world.until(lambda: False, max(0.0, struck.began + LASTS - world.clock.time()), 30.0)
            quiet, then = world.quiet, rest(world)
            rested = rested if quiet else then
        minutes = (rested - max(person.over or rested, struck.last if struck is not None else 0.0)) / 60
        wrong = truths.problems(world)
        if _passes(case):
            wrong += truths.losses(world)
        elif case.show != "nothing_stored":
            wrong += truths.unpublished(world)
        if struck is not None and struck.began is None:
            wrong.append("the fault did not come up")
        if minutes > GOALS.get(case.show, GOAL):
            wrong.append(f"it took {minutes:.1f} minutes until nothing was left")
        return Result(case, tuple(wrong), minutes)


def _passes(case: Case) -> bool:
    """Whether it is trouble that passes by itself, so that a show is to go on as if nothing had been."""
    return not case.again and case.kind not in ("denied", *ENDS) and case.show not in TROUBLED


def replay(case: Case) -> str:
    return f"{COMMAND} '{case.id}'"


def run(chosen: Iterable[Case], jobs: int) -> Iterator[Result]:
    if jobs == 1:
        yield from map(live, chosen)
        return
    with multiprocessing.get_context("fork").Pool(jobs) as pool:
        yield from pool.imap_unordered(live, chosen, 8)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", nargs="*", help="only these; a part of a name chooses all that have it")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--list", action="store_true", help="tell the names only")
    given = parser.parse_args()
    chosen = [case for case in cases() if not given.case or any(part in case.id for part in given.case)]
    if given.list:
        print("\n".join(case.id for case in chosen))
        return 0
    began, results = time.monotonic(), []
    for result in run(chosen, given.jobs):
        results.append(result)
        for problem in result.problems:
            print(f"FAILED {result.case.id}\n    {problem}\n    {replay(result.case)}", flush=True)
    report(results, time.monotonic() - began)
    return 1 if any(result.problems for result in results) else 0


def report(results: list[Result], seconds: float) -> None:
    failed = sum(bool(result.problems) for result in results)
    worst = max(results, key=lambda result: result.minutes)
    print(by_state(Counter(result.case.where for result in results)))
    print(f"{len(results)} cases in {seconds:.0f} s, {failed} failed.")
    print(f"At the longest {worst.minutes:.0f} minutes until nothing was left: {worst.case.id}")


if __name__ == "__main__":
    sys.exit(main())
