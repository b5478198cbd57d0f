"""A state of the machines has all its pieces (docs/extending.md), and what is missing is named.

What becomes of them in the package, `tests/unit/packaging/` looks at.
"""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.machines import resource_name
from showrunner import errors, waits
from tasks import TASKS

ROOT = Path(__file__).parents[2]
MACHINES = {path.name.split(".")[0]: json.loads(path.read_text()) for path in ROOT.glob("state_machines/*.asl.json")}
CONFIG = json.loads((ROOT / ".chalice" / "config.json").read_text())["stages"]["showrunner"]["lambda_functions"]
CONDITIONS = {"session": waits.SESSION_CONDITIONS, "cleanup": waits.CLEANUP_CONDITIONS}
# Besides those with a dot, or named ...Exception and ...Error: what AWS itself calls its errors.
OF_AWS = {"NoSuchUpload", "RequestLimitExceeded", "ServiceUnavailable"}

State = dict[str, Any]


def states(machine: State) -> Iterator[tuple[str, State]]:
    """Every state, those of branches too."""
    for name, state in machine["States"].items():
        yield name, state
        for branch in state.get("Branches", ()):
            yield from states(branch)


def task_of(state: State) -> str | None:
    """'create_channel' for a state that calls ${CreateChannel}."""
    called = re.fullmatch(r"\$\{(\w+)\}", state.get("Parameters", {}).get("FunctionName", ""))
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", called[1]).lower() if called else None


def missing(machine: str, name: str, state: State) -> list[str]:
    """A line for each piece that the state lacks."""
    found = [*_of_its_task(task_of(state)), *_of_its_wait(machine, state), *_of_its_errors(state)]
    if not re.search(rf"\b{name}\b", said_by_the_tests()):
        found.append("no test in tests/state_machines/ names it")
    return [f"{machine}.{name}: {lack}" for lack in found]


def _of_its_task(task: str | None) -> Iterator[str]:
    if task is None:
        return
    module = ROOT / "tasks" / f"{task}.py"
    if not module.exists():
        yield f"tasks/{task}.py is missing"
    elif not any(isinstance(n, ast.FunctionDef) and n.name == "handler" for n in ast.parse(module.read_text()).body):
        yield f"tasks/{task}.py has no handler(event, context)"
    if task not in TASKS:
        yield f"'{task}' is missing in TASKS, tasks/__init__.py"
    if task not in CONFIG:
        yield f"'{task}' is missing in .chalice/config.json"
    elif not (ROOT / ".chalice" / CONFIG[task].get("iam_policy_file", "-")).is_file():
        yield f".chalice/policy-{task}.json is missing, or .chalice/config.json does not name it"


def _of_its_wait(machine: str, state: State) -> Iterator[str]:
    if not state.get("Resource", "").endswith(".waitForTaskToken"):
        return
    until = state["Parameters"]["Payload"].get("until")
    if until not in CONDITIONS[machine]:
        yield f"its condition '{until}' is missing in {machine.upper()}_CONDITIONS, showrunner/waits.py"


def _of_its_errors(state: State) -> Iterator[str]:
    for rule in (*state.get("Retry", ()), *state.get("Catch", ())):
        for error in rule["ErrorEquals"]:
            ours = "." not in error and not error.endswith(("Exception", "Error")) and error not in OF_AWS
            if ours and not hasattr(errors, error):
                yield f"its error '{error}' is missing in showrunner/errors.py"


def said_by_the_tests() -> str:
    return "\n".join(path.read_text() for path in ROOT.glob("tests/state_machines/*.py"))


@pytest.mark.parametrize("machine", MACHINES)
def test_every_state_has_all_its_pieces(machine: str) -> None:
    lacks = [lack for name, state in states(MACHINES[machine]) for lack in missing(machine, name, state)]
    assert not lacks, "\n".join(lacks)


@pytest.mark.parametrize("machine", MACHINES)
def test_every_machine_is_in_the_template(machine: str) -> None:
    template = (ROOT / "infra" / "template.yaml").read_text()
    assert f"\n  {resource_name(machine)}:\n" in template, f"infra/template.yaml lacks {resource_name(machine)}"


def test_every_task_and_every_condition_is_used_by_a_state() -> None:
    every = [state for machine in MACHINES.values() for _, state in states(machine)]
    assert set(TASKS) - {task_of(state) for state in every} == set(), "tasks that no state calls"
    awaited = {state["Parameters"]["Payload"]["until"] for state in every if task_of(state) == "wait_until"}
    assert set(waits.CONDITIONS) - awaited == set(), "conditions that no state waits for"


def test_every_file_in_tasks_is_a_task() -> None:
    assert {path.stem for path in (ROOT / "tasks").glob("[!_]*.py")} == set(TASKS)


def test_what_is_missing_is_named() -> None:
    """What docs/extending.md shows."""
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "${OpenChat}", "Payload": {}},
    }
    lines = missing("session", "OpenChat", state)
    assert lines == [
        "session.OpenChat: tasks/open_chat.py is missing",
        "session.OpenChat: 'open_chat' is missing in TASKS, tasks/__init__.py",
        "session.OpenChat: 'open_chat' is missing in .chalice/config.json",
        "session.OpenChat: no test in tests/state_machines/ names it",
    ]
    assert "\n".join(lines) in (ROOT / "docs" / "extending.md").read_text()
    wait = {
        **state,
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": "${WaitUntil}", "Payload": {"until": "chat_open"}},
        "Catch": [{"ErrorEquals": ["ChatClosed"], "Next": "Cleanup"}],
    }
    assert missing("session", "Live", wait) == [
        "session.Live: its condition 'chat_open' is missing in SESSION_CONDITIONS, showrunner/waits.py",
        "session.Live: its error 'ChatClosed' is missing in showrunner/errors.py",
    ]
