"""What the end of a run of tests tells: how many cases of the fault matrix were lived, of each state, and what the
graph of the machines proves.
"""

import textwrap
from collections import Counter

LIVED = "fault cases"
"""The property of a test that tells which it has lived: how many of each state, and the seconds it took."""
PROVEN = "proof over the graph"
"""Of one that tells how long something takes at most."""


def by_state(counts: Counter[str]) -> str:
    """How many cases of each state, a line for each machine; what is no state comes as `event` and `api`."""
    machines: dict[str, list[str]] = {}
    for where, count in sorted(counts.items()):
        machine, _, state = where.partition("/")
        machines.setdefault(machine, []).append(f"{state} {count}".strip())
    lines = (f"{machine}: {', '.join(states)}" for machine, states in machines.items())
    return "\n".join(textwrap.fill(line, 120, subsequent_indent="    ") for line in lines)
