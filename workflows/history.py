"""An execution's history turned into what a person looks at: its states, in the order they were entered."""

import json
from collections.abc import Iterable
from typing import Any

from showrunner import aws
from showrunner.errors import sentence
from showrunner.session import isotime
from workflows.answers import HistoryState

Event = dict[str, Any]
SECRET_NAMES = frozenset({"token", "TaskToken"})
MOST_EVENTS = 1000  # of a page; by default there are 100, and a call for each
FAILED = ("TaskFailed", "TaskTimedOut", "ParallelStateFailed", "ExecutionFailed")


def states_of(arn: str) -> list[HistoryState]:
    """`states` of the whole history of an execution."""
    history = aws.stepfunctions().get_paginator("get_execution_history")
    pages = history.paginate(executionArn=arn, PaginationConfig={"PageSize": MOST_EVENTS})
    return states(event for page in pages for event in page["events"])


def states(events: Iterable[Any]) -> list[HistoryState]:
    """In the order they were entered. Task tokens and stack traces are left out."""
    found: list[HistoryState] = []
    state_at: dict[int, HistoryState | None] = {}  # event id -> the state it happened in
    for event in events:
        kind: str = event["type"]
        if kind.endswith("StateEntered"):
            entered = event["stateEnteredEventDetails"]
            entry: HistoryState = {
                "name": entered["name"],
                "type": kind.removesuffix("StateEntered"),
                "entered_at": isotime(event["timestamp"]),
                "left_at": None,
                "attempts": 0,
                "looks": 0,
                "error": None,
                "cause": None,
                "input": redacted(entered.get("input", "{}")),
            }
            found.append(entry)
            state_at[event["id"]] = entry
        else:
            state = state_at.get(event["previousEventId"])
            if state:
                _happened(state, kind, event)
            state_at[event["id"]] = state
    return found


def _happened(state: HistoryState, kind: str, event: Event) -> None:
    if kind == "TaskScheduled":
        state["attempts"] += 1
    elif kind.endswith(("StateExited", "StateAborted")):
        state["left_at"] = isotime(event["timestamp"])
    elif kind == "TaskTimedOut" and "waitForTaskToken" in event["taskTimedOutEventDetails"]["resource"]:
        state["looks"] += 1
    elif kind in FAILED:
        details = event.get(kind[0].lower() + kind[1:] + "EventDetails", {})
        state["error"], state["cause"] = details.get("error"), sentence(details.get("cause", "")) or None


def redacted(text: str) -> Any:
    """The JSON in `text` without the values of what is secret."""
    return _without_secrets(json.loads(text))


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: "***" if k in SECRET_NAMES else _told(k, v) for k, v in value.items()}
    return [_without_secrets(each) for each in value] if isinstance(value, list) else value


def _told(name: str, value: Any) -> Any:
    return sentence(value) if name == "Cause" and isinstance(value, str) else _without_secrets(value)
