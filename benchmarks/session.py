"""What a whole show asks of AWS, by its length: `python -m benchmarks.session`; in virtual time, with AWS's times.

A show that is recorded from its beginning goes live, lasts, and is stopped; counted is all from the API's first call
until nothing runs any more: state transitions as Step Functions bills them (states entered, and tries again), functions
invoked, the table's reads and writes, and calls of MediaLive and IVS. What an hour more adds is the looks of Live. The
stage's sweeper, which looks for all shows together, is counted by itself. Then how soon all are live that are started
at once, where MediaLive and IVS refuse what is beyond their calls a second, and where they do not.
"""

from collections import Counter
from typing import Any

from sandbox.medialive.states import AWS
from tests.simulation.scenarios import live, stop
from tests.simulation.theatre import Theatre
from tests.simulation.world import World, lived

HOURS = (0.25, 1.0, 6.0)
AT_ONCE = 50
WRITES = ("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems")
SWEEPER = "sweep"
BILLED = ("StateEntered", "TaskFailed", "TaskTimedOut")


def count_functions(world: World) -> Counter[str]:
    """How often each function is invoked from now on."""
    invoked: Counter[str] = Counter()
    run = world.functions.run

    def counted(where: str, *arguments: Any) -> None:
        invoked[where] += 1
        run(where, *arguments)

    world.functions.run = counted  # type: ignore[method-assign]
    return invoked


def show(hours: float) -> tuple[dict[str, int], dict[str, int]]:
    """What the show asked for, and what the stage's sweeper did meanwhile."""
    with lived(timings=AWS) as world:
        invoked = count_functions(world)
        stage = Theatre(world)
        live(stage, "show", record="auto")
        world.advance(3600 * hours)
        stop(stage, "show")
        assert world.until(lambda: world.quiet, 3600)
        runs = world.engine._runs.values()
        asked = [((where, "lambda.invoked"), times) for where, times in invoked.items()]
        asked += [((run.machine.name, "transition"), billed(run)) for run in runs] + list(world.calls.items())
    show, sweeper = Counter[str](), Counter[str]()
    for (where, call), times in asked:
        (sweeper if SWEEPER in where else show)[call] += times
    return summary(show), summary(sweeper)


def billed(run: Any) -> int:
    return sum(kind.endswith(BILLED) for _, kind, _, _ in run.history._events)


def summary(calls: Counter[str]) -> dict[str, int]:
    table = {name: times for name, times in calls.items() if name.startswith("dynamodb.")}
    return {
        "state transitions": calls["transition"],
        "functions invoked": calls["lambda.invoked"],
        "table writes": sum(times for name, times in table.items() if name.endswith(WRITES)),
        "table reads": sum(times for name, times in table.items() if not name.endswith(WRITES)),
        "calls of MediaLive": sum(times for name, times in calls.items() if name.startswith("medialive.")),
        "calls of IVS": sum(times for name, times in calls.items() if name.startswith("ivs.")),
    }


def live_after(shows: int, throttled: bool) -> float:
    """Seconds from so many starts at once until all are live."""
    with lived(timings=AWS, throttled=throttled, stores=False) as world:
        names = [f"show-{number}" for number in range(shows)]
        for name in names:
            world.begin("POST", f"/sessions/{name}/streaming/start", {"hold": True}, "ann", lambda *_: None)
        began = world.clock.time()
        assert world.until(lambda: all(world.state(name) == "live" for name in names), 3600, 0.5)
        return world.clock.time() - began


def main() -> None:
    shows = [show(hours) for hours in HOURS]
    print(f"{'the show':>20}  " + "".join(f"{f'{hours:g} h':>8}" for hours in HOURS))
    for name in shows[0][0]:
        print(f"{name:>20}: " + "".join(f"{own[name]:>8}" for own, _ in shows))
    print(f"{'the sweeper':>20}")
    for name in shows[0][1]:
        print(f"{name:>20}: " + "".join(f"{sweeper[name]:>8}" for _, sweeper in shows))
    slow, free = live_after(AT_ONCE, throttled=True), live_after(AT_ONCE, throttled=False)
    print(f"{AT_ONCE} starts at once: all live after {slow:.0f} s, {free:.0f} s without limits of calls a second")


if __name__ == "__main__":
    main()
