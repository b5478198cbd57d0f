"""`showrunner history`: an execution as a tree, as a drawing, and followed to its end."""

import json
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest
from fake_api import FakeApi, Run

from showrunner.diagram import arrange

MACHINE = {
    "StartAt": "Live",
    "States": {
        "Live": {"Type": "Task", "Next": "Cleanup", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "NoteFailure"}]},
        "NoteFailure": {"Type": "Task", "Next": "Cleanup"},
        "Cleanup": {"Type": "Task", "End": True},
    },
}


def state(name: str, outcome: str = "done", **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "outcome": outcome,
        "entered_at": "2026-01-09T20:00:00.000Z",
        "left_at": None if outcome in ("running", "waiting") else "2026-01-09T20:00:04.000Z",
        "next": None,
        "attempts": 1,
        "looks": 0,
        "error": None,
        "cause": None,
        "child": None,
        **more,
    }


def told(name: str, status: str, *states: dict[str, Any]) -> dict[str, Any]:
    execution = {"name": name, "status": status, "started_at": "2026-01-09T20:00:00.000Z", "attempt": 1}
    execution["ended_at"] = None if status == "RUNNING" else "2026-01-09T20:00:08.000Z"
    drawing = json.loads(msgspec.json.encode(arrange(MACHINE, notes=False)))
    return {"execution": execution, "states": list(states), "drawing": drawing}


SHOW = told(
    "a-1",
    "SUCCEEDED",
    state("Live", "caught", looks=3, attempts=4, error="ChannelGone", cause="It is gone.", next="NoteFailure"),
    state("NoteFailure", next="Cleanup"),
    state("Cleanup", child="a-1-session"),
)
CLEANUP = told("a-1-session", "SUCCEEDED", state("StopChannel", attempts=2))
LISTED = {"executions": [SHOW["execution"], CLEANUP["execution"], {**SHOW["execution"], "name": "a-0", "attempt": 0}]}


@pytest.fixture(autouse=True)
def answers(api: FakeApi) -> None:
    api.on("GET", "/sessions/a/executions", (200, LISTED))
    api.on("GET", "/sessions/a/executions/a-1/history", (200, SHOW))
    api.on("GET", "/sessions/a/executions/a-1-session/history", (200, CLEANUP))


def test_a_tree_of_states_with_the_child_under_the_one_that_started_it(run: Run) -> None:
    result = run("history", "a", COLUMNS="120")
    assert result.exit_code == 0, result.output
    lines = [line.strip("│├└─ ") for line in result.stdout.splitlines()]
    assert lines[0].startswith("a-1  SUCCEEDED")
    assert lines[1:4] == [
        "! Live  4.0 s  3 looks  ChannelGone: It is gone.  → NoteFailure",
        "✔ NoteFailure  4.0 s",
        "✔ Cleanup  4.0 s",
    ]
    assert lines[4].startswith("a-1-session  SUCCEEDED")
    assert lines[5:] == ["✔ StopChannel  4.0 s  2 tries"]


def test_a_stop_is_told_as_what_it_is(api: FakeApi, run: Run) -> None:
    stopped = state("Live", "stopped", error="StopRequested", cause="The session was asked to stop.", next="Cleanup")
    api.on("GET", "/sessions/a/executions/a-1/history", (200, told("a-1", "SUCCEEDED", stopped, state("Cleanup"))))
    assert "■ Live  4.0 s  ended by a stop  → Cleanup" in run("history", "a", "--execution", "a-1").stdout
    drawn = run("history", "a", "--execution", "a-1", "--svg").stdout
    assert "state became stopped" in drawn


def test_the_drawing_is_coloured_by_what_happened(run: Run) -> None:
    result = run("history", "a", "--svg")
    assert result.exit_code == 0, result.output
    root = ElementTree.fromstring(result.stdout)
    classes = {group[0].text: group.get("class") for group in root.iter("{http://www.w3.org/2000/svg}g")}
    assert classes == {
        "Live: caught": "state became caught",
        "NoteFailure: done": "state became done",
        "Cleanup: done": "state became done",
    }
    lines = root.iter("{http://www.w3.org/2000/svg}path")
    passed = {(each.get("data-from"), each.get("data-to")) for each in lines if "passed" in (each.get("class") or "")}
    assert passed == {("Live", "NoteFailure"), ("NoteFailure", "Cleanup")}


def test_a_drawing_of_a_machine_that_is_gone_says_so(api: FakeApi, run: Run) -> None:
    api.on("GET", "/sessions/a/executions/a-1/history", (200, {**SHOW, "drawing": None}))
    result = run("history", "a", "--execution", "a-1", "--svg")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "The state machine of 'a-1' is gone" in result.stderr


def test_watch_looks_until_all_have_ended(api: FakeApi, run: Run) -> None:
    running = told("a-1", "RUNNING", state("Live", "waiting"))
    api.on("GET", "/sessions/a/executions/a-1/history", (200, running), (200, running), (200, SHOW))
    result = run("history", "a", "--execution", "a-1", "--watch")
    assert result.exit_code == 0, result.output
    assert len(api.requests) == 3
    assert "NoteFailure" in result.stdout


def test_json_has_all_of_it(run: Run) -> None:
    assert json.loads(run("history", "a", "--json").stdout) == {"histories": [SHOW, CLEANUP]}


def test_a_session_that_was_never_started_says_so(api: FakeApi, run: Run) -> None:
    api.on("GET", "/sessions/a/executions", (200, {"executions": []}))
    result = run("history", "a")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "never started" in result.stderr


def test_one_form_at_a_time(run: Run) -> None:
    assert run("history", "a", "--svg", "--json").exit_code == 2
