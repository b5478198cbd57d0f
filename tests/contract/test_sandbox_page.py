"""The sandbox's page says what is so."""

import re
from pathlib import Path

from sandbox import unknowns
from sandbox.faults import KINDS

PAGE = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text()


def test_what_is_documented_neither_way_is_in_the_table() -> None:
    told = re.findall(r"^\| `((?:medialive|ivs)\.\w+)` \|", PAGE, re.MULTILINE)
    assert told == unknowns.NAMES


def test_every_fault_is_in_the_table() -> None:
    lines = [
        line
        for line in PAGE.splitlines()
        if line.startswith("| `") and line.count("|") == 4 and "." not in line.split("`")[1]
    ]
    assert [line.split("`")[1] for line in lines] == list(KINDS)
    for line, (_, what) in zip(lines, KINDS.values(), strict=True):
        assert line.endswith(f"| {what} |")
