"""How many faults are tried in a minute: `python -m benchmarks.faults [CASES]`, 400 if not told; two processes.

The cases are taken evenly from the whole matrix (`make faults`), each a show of its own in virtual time with one fault.
The baseline is as many of the same shows without one. Goal: 2,000 cases in 3 minutes.
"""

import multiprocessing
import sys
import time

from tests.simulation.lives import LIVES, Person
from tests.simulation.matrix import SEED, cases, live, rest
from tests.simulation.world import lived

PROCESSES = 2


def faultless(show: str) -> None:
    with lived(SEED) as world:
        LIVES[show](Person(world))
        rest(world)


def main(count: int) -> None:
    known = cases()
    chosen = known[:: max(1, len(known) // count)][:count]
    with multiprocessing.get_context("fork").Pool(PROCESSES) as pool:
        began = time.monotonic()
        pool.map(faultless, [case.show for case in chosen], 8)
        between = time.monotonic()
        results = pool.map(live, chosen, 8)
        took = time.monotonic() - between
    assert not any(result.problems for result in results), [r.case.id for r in results if r.problems]
    print(f"{len(chosen)} of {len(known)} cases, all clean: {60 * len(chosen) / took:.0f} a minute")
    print(f"a show with a fault takes {took / (between - began):.2f} times one without")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
