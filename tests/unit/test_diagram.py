"""The picture shows the whole machine, nothing overlaps, and the committed pictures are what the command draws."""

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from showrunner import diagram
from showrunner.diagram import LABEL_SIZE, NOTE_SIZE, Happened, Line, Text, arrange, svg, text_width

ROOT = Path(__file__).parents[2]
MACHINES = {path.name.split(".")[0]: path for path in sorted((ROOT / "state_machines").glob("*.asl.json"))}
SVG = "{http://www.w3.org/2000/svg}"

LOOP: dict[str, Any] = {
    "StartAt": "Look",
    "States": {
        "Look": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "Is it <there> & ready?"},
        "Is it <there> & ready?": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.n", "NumericLessThan": 3, "Next": "Pause"},
                {"Or": [{"Variable": "$.n", "IsNull": True}, {"Variable": "$.s", "IsString": False}], "Next": "Odd"},
            ],
            "Default": "Done",
        },
        "Pause": {"Type": "Wait", "Seconds": 1, "Next": "Look"},
        "Odd": {"Type": "Fail"},
        "Done": {"Type": "Succeed"},
        "Lost": {"Type": "Pass", "Next": "Done"},
    },
}


def load(name: str) -> Any:
    return LOOP if name == "loop" else json.loads(MACHINES[name].read_text())


def levels(machine: Any) -> list[dict[str, Any]]:
    """The states of the machine, and those of each branch of its Parallels."""
    branches = [b for state in machine["States"].values() for b in state.get("Branches", [])]
    return [machine["States"], *(level for branch in branches for level in levels(branch))]


def next_states(state: Any) -> list[str]:
    ways = [*state.get("Choices", []), *state.get("Catch", []), {"Next": state.get("Next")}]
    return [target for way in [*ways, {"Next": state.get("Default")}] if (target := way["Next"])]


@pytest.mark.parametrize("name", [*MACHINES, "loop"])
def test_every_state_and_edge_is_drawn(name: str) -> None:
    machine = load(name)
    drawn = ElementTree.fromstring(svg(arrange(machine), name))
    names = sorted(text.text or "" for text in drawn.iter(f"{SVG}text") if text.get("class") == "name")
    assert names == sorted(state for level in levels(machine) for state in level)
    lines = [(p.get("data-from"), p.get("data-to")) for p in drawn.iter(f"{SVG}path") if p.get("data-from")]
    expected = [(s, target) for level in levels(machine) for s, state in level.items() for target in next_states(state)]
    assert sorted(lines) == sorted(expected)


@pytest.mark.parametrize("name", [*MACHINES, "loop"])
def test_nothing_overlaps_or_is_clipped(name: str) -> None:
    layout = arrange(load(name))
    boxes = {box.name: (box.x, box.y, box.right, box.bottom) for box in layout.boxes if box.kind != "Parallel"}
    texts = {f"{t.text} at {t.x:g},{t.y:g}": extent(t, LABEL_SIZE) for t in layout.labels}
    texts |= {f"{t.text} at {t.x:g},{t.y:g}": extent(t, NOTE_SIZE) for t in layout.notes}
    both = {**boxes, **texts}
    assert [pair for pair in combinations(both, 2) if meet(both[pair[0]], both[pair[1]])] == []
    outside = {n: e for n, e in both.items() if e[0] < 4 or e[1] < 4 or e[2] > layout.width or e[3] > layout.height}
    assert outside == {}


@pytest.mark.parametrize("name", [*MACHINES, "loop"])
def test_no_line_runs_through_a_state_and_no_two_run_on_one_another(name: str) -> None:
    layout = arrange(load(name))
    inner = {b.name: (b.x + 1, b.y + 1, b.right - 1, b.bottom - 1) for b in layout.boxes if b.kind != "Parallel"}
    pieces = [(line, piece) for line in layout.lines for piece in segments(line)]
    through = [(line.edge, box) for line, piece in pieces for box, area in inner.items() if meet(piece, area)]
    assert through == []
    on = [(a.edge, b.edge) for (a, p), (b, q) in combinations(pieces, 2) if a is not b and runs_along(p, q)]
    assert on == []


def test_a_line_that_many_states_share_is_labelled_once() -> None:
    layout = arrange(load("session"))
    assert sum(label.text == "StopRequested" for label in layout.labels) == 1
    to_note_failure = [line for line in layout.lines if line.edge.target == "NoteFailure"]
    assert len(to_note_failure) > 5
    assert sum(line.arrow for line in to_note_failure) == 1


def test_the_kinds_of_states_are_told_apart() -> None:
    kinds = {box.name: box.kind for box in arrange(load("session")).boxes}
    assert [kinds[n] for n in ("Plan", "Live", "Cleanup", "Outcome", "Provision", "Ended", "Failed")] == [
        *("Task", "Await", "Child", "Choice", "Parallel", "Succeed", "Fail")
    ]


def test_a_choice_is_told_in_full() -> None:
    (rule,) = load("session")["States"]["Outcome"]["Choices"]
    assert diagram.condition(rule) == ('$.error IsPresent true and not ($.error.Error StringEquals "StopRequested")')


@pytest.mark.parametrize("name", MACHINES)
def test_the_committed_picture_is_what_the_command_draws(name: str) -> None:
    path = MACHINES[name].relative_to(ROOT)
    command = [sys.executable, "-m", "showrunner.diagram", str(path)]
    drawn = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    committed = ROOT / "docs" / f"{name}.svg"
    assert committed.exists(), f"docs/{name}.svg is missing: make docs"
    assert committed.read_text(encoding="utf-8") == drawn, f"docs/{name}.svg is out of date: make docs"


def test_the_command_says_how_it_is_used() -> None:
    told = subprocess.run([sys.executable, "-m", "showrunner.diagram"], cwd=ROOT, capture_output=True, text=True)
    assert told.returncode == 1
    assert re.search("usage: .*FILE|usage: .*NAME.asl.json", told.stderr)


Area = tuple[float, float, float, float]  # left, top, right, bottom


def extent(text: Text, size: float) -> Area:
    wide = text_width(text.text, size)
    left = text.x - {"start": 0.0, "middle": wide / 2, "end": wide}[text.anchor]
    return left, text.y - size * 0.75, left + wide, text.y + size * 0.2


def meet(a: Area, b: Area) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def segments(line: Line) -> list[Area]:
    pairs = zip(line.points, line.points[1:], strict=False)
    return [(min(p[0], q[0]), min(p[1], q[1]), max(p[0], q[0]), max(p[1], q[1])) for p, q in pairs]


def runs_along(a: Area, b: Area) -> bool:
    """Two pieces of line share more than a point."""
    shared_x, shared_y = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return (shared_x == 0 and shared_y > 1) or (shared_y == 0 and shared_x > 1)


def test_the_checks_see_what_they_look_for() -> None:
    assert meet((0, 0, 2, 2), (1, 1, 3, 3))
    assert not meet((0, 0, 2, 2), (2, 0, 3, 2))
    assert runs_along((0, 0, 9, 0), (5, 0, 20, 0))
    assert not runs_along((0, 0, 9, 0), (5, -5, 5, 5))


@pytest.mark.parametrize("name", MACHINES)
def test_a_part_of_an_edge_knows_the_way_that_it_shares(name: str) -> None:
    layout = arrange(load(name))
    boxes = {box.name: box for box in layout.boxes}
    for line in layout.lines:
        assert bool(line.rest) != line.arrow
        if line.rest:
            assert line.rest[0] == line.points[-1]
            (x, y), target = line.rest[-1], boxes[line.edge.target]
            assert target.x <= x <= target.right
            assert target.y <= y <= target.bottom


def test_a_way_that_was_taken_is_drawn_to_its_end() -> None:
    layout = arrange(load("session"))
    (part,) = [line for line in layout.lines if (line.edge.source, line.edge.label) == ("Live", "StopRequested")]
    happened = Happened({"Live": "caught"}, {("Live", "Cleanup")})
    drawn = ElementTree.fromstring(svg(layout, "session", happened=happened))
    taken = [p.get("d") for p in drawn.iter(f"{SVG}path") if p.get("class") == "line caught passed"]
    assert taken == ["M" + " ".join(f"{x:g} {y:g}" for x, y in (*part.points, *part.rest[1:]))]


def test_the_way_of_a_stop_is_taken_and_none_of_a_failure() -> None:
    happened = Happened({"Live": "stopped"}, {("Live", "Cleanup")})
    drawn = ElementTree.fromstring(svg(arrange(load("session")), "session", happened=happened))
    taken = [(p.get("class"), p.get("data-way")) for p in drawn.iter(f"{SVG}path") if "passed" in p.get("class", "")]
    assert taken == [("line passed", "caught")]
