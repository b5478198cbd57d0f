"""What a person sees of an execution: its states, in words, without tokens and stack traces."""

import json
from datetime import UTC, datetime
from typing import Any

from workflows.history import states

CAUSE = json.dumps({"errorMessage": "It broke.", "errorType": "Boom", "stackTrace": ['  File "/var/task/x.py"']})


def event(number: int, kind: str, **details: Any) -> dict[str, Any]:
    name = kind[0].lower() + kind[1:] + "EventDetails"
    return {"id": number, "previousEventId": number - 1, "type": kind, "timestamp": datetime.now(UTC), name: details}


def test_a_failure_is_told_by_its_sentence() -> None:
    noted = json.dumps({"session_id": "show", "error": {"Error": "Boom", "Cause": CAUSE}, "token": "secret"})
    shown = states(
        [
            {**event(1, "TaskStateEntered"), "stateEnteredEventDetails": {"name": "Plan", "input": "{}"}},
            event(2, "TaskScheduled"),
            event(3, "TaskFailed", error="Boom", cause=CAUSE),
            {**event(4, "TaskStateEntered"), "stateEnteredEventDetails": {"name": "NoteFailure", "input": noted}},
        ]
    )
    assert [(state["name"], state["error"], state["cause"]) for state in shown] == [
        ("Plan", "Boom", "It broke."),
        ("NoteFailure", None, None),
    ]
    assert shown[1]["input"] == {
        "session_id": "show",
        "error": {"Error": "Boom", "Cause": "It broke."},
        "token": "***",
    }
