"""An execution's history turned into what a person looks at: its states, in the order they were entered.

A state is told by what became of it; the events of Step Functions are many more. A time-out of a wait is a *look*: the
Retry of the state enters the wait again (docs/architecture.md, the wait), and nothing failed, unless no try is left.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from showrunner import aws
from showrunner.diagram import Layout, arrange
from showrunner.errors import sentence
from showrunner.session import isotime
from workflows.answers import HistoryState, Problem

Event = dict[str, Any]
SECRET_NAMES = frozenset({"token", "TaskToken"})
MOST_EVENTS = 1000  # of a page; by default there are 100, and a call for each
WAIT = ".waitForTaskToken"
FAILED = ("TaskFailed", "TaskTimedOut", "TaskStartFailed", "TaskSubmitFailed", "ParallelStateFailed", "ExecutionFailed")
CUT_OFF = ("ExecutionTimedOut", "ExecutionAborted")


def states_of(arn: str) -> list[HistoryState]:
    """`states` of the whole history of an execution, however long it is."""
    history = aws.stepfunctions().get_paginator("get_execution_history")
    pages = history.paginate(executionArn=arn, PaginationConfig={"PageSize": MOST_EVENTS})
    return states(event for page in pages for event in page["events"])


def drawing_of(arn: str) -> Layout | None:
    """Of the state machine as it was when the execution began; None once that machine is gone."""
    try:
        described = aws.stepfunctions().describe_state_machine_for_execution(executionArn=arn)
    except aws.stepfunctions().exceptions.StateMachineDoesNotExist:
        return None
    return arrange(json.loads(described["definition"]), notes=False)


def states(events: Iterable[Any]) -> list[HistoryState]:
    """In the order they were entered. Task tokens and stack traces are left out."""
    history = _History()
    for event in events:
        history.take(event)
    return history.states


@dataclass
class _History:
    """The events so far. Events are found by their ids: in which state they happened, and which state they left."""

    states: list[HistoryState] = field(default_factory=list)
    within: dict[int, HistoryState] = field(default_factory=dict)
    left: dict[int, HistoryState] = field(default_factory=dict)
    holder: dict[int, HistoryState | None] = field(default_factory=dict)  # of a branch's state: its Parallel
    begun: set[int] = field(default_factory=set)  # of a Parallel: where its branches begin
    looking: dict[int, Problem] = field(default_factory=dict)  # by the state's event: its wait has timed out last

    def take(self, event: Event) -> None:
        kind: str = event["type"]
        if kind.endswith("StateEntered"):
            state = self._enter(event, kind)
        else:
            if kind in CUT_OFF:
                self._cut_off(event)
            found = self._whose(event, kind)
            if found is None:
                return
            state = found
            self._happened(state, event, kind)
        self.within[event["id"]] = state

    def _whose(self, event: Event, kind: str) -> HistoryState | None:
        """The state that an event is of. Of a Parallel, the event before it may be one of its branch's last state."""
        state = self.within.get(event["previousEventId"])
        if state is None or not kind.startswith("ParallelState"):
            return state
        over = state["left_at"] or (kind == "ParallelStateFailed" and state["outcome"] == "failed")
        return self.holder[state["event"]] if state["type"] != "Parallel" or over else state

    def _enter(self, event: Event, kind: str) -> HistoryState:
        entered = event["stateEnteredEventDetails"]
        state: HistoryState = {
            "event": event["id"],
            "name": entered["name"],
            "type": kind.removesuffix("StateEntered"),
            "outcome": "failed" if kind == "FailStateEntered" else "running",
            "entered_at": isotime(event["timestamp"]),
            "left_at": None,
            "next": None,
            "attempts": 0,
            "looks": 0,
            "error": None,
            "cause": None,
            "problems": [],
            "child": None,
            "input": redacted(entered.get("input", "{}")),
            "output": None,
        }
        before = self.within.get(event["previousEventId"])
        if event["previousEventId"] in self.begun:
            self.holder[event["id"]] = before
        else:
            self.holder[event["id"]] = self.holder[before["event"]] if before else None
        if exited := self.left.get(event["previousEventId"]):
            exited["next"] = state["name"]
        self.states.append(state)
        return state

    def _happened(self, state: HistoryState, event: Event, kind: str) -> None:
        details = event.get(kind[0].lower() + kind[1:] + "EventDetails", {})
        if kind == "TaskScheduled":
            state["attempts"] += 1
            state["outcome"] = "waiting" if WAIT in details["resource"] else "running"
            self.looking.pop(state["event"], None)
        elif kind in ("TaskSucceeded", "TaskSubmitted"):
            state["outcome"] = "running" if kind == "TaskSucceeded" else state["outcome"]
            state["child"] = _child(details.get("output")) or state["child"]
        elif kind == "TaskTimedOut" and WAIT in details["resource"]:
            state["looks"] += 1
            self.looking[state["event"]] = _problem(event, details)
        elif kind == "ParallelStateStarted":
            self._cut_off(event, state)  # of the try before
            state["outcome"] = "running"
            self.begun.add(event["id"])
        elif kind in FAILED and not (kind == "ExecutionFailed" and state["outcome"] == "failed"):
            self._fail(state, _problem(event, details))
            if kind == "ParallelStateFailed":
                self._cut_off(event, state)
        elif kind.endswith("StateAborted"):
            state["outcome"] = "failed" if state["outcome"] == "failed" else "aborted"
            state["left_at"] = isotime(event["timestamp"])
        elif kind.endswith("StateExited"):
            self._leave(state, event)
        if kind == "ExecutionFailed":
            self._cut_off(event)

    def _fail(self, state: HistoryState, problem: Problem) -> None:
        state["problems"].append(problem)
        state["outcome"], state["error"], state["cause"] = "failed", problem["error"], problem["cause"]

    def _leave(self, state: HistoryState, event: Event) -> None:
        if look := self.looking.pop(state["event"], None):  # no try was left
            self._fail(state, look)
        state["outcome"] = "caught" if state["outcome"] == "failed" else "done"
        state["left_at"] = isotime(event["timestamp"])
        state["output"] = redacted(event["stateExitedEventDetails"].get("output", "null"))
        self.left[event["id"]] = state

    def _cut_off(self, event: Event, holder: HistoryState | None = None) -> None:
        """The states that were not left have ended with what holds them: a Parallel, or else the execution."""
        for state in self.states:
            if state["left_at"] is None and (holder is None or self._holds(holder, state)):
                state["outcome"] = "failed" if state["outcome"] == "failed" else "aborted"
                state["left_at"] = isotime(event["timestamp"])

    def _holds(self, holder: HistoryState, state: HistoryState) -> bool:
        above = self.holder[state["event"]]
        return above is not None and (above is holder or self._holds(holder, above))


def _problem(event: Event, details: Event) -> Problem:
    cause = sentence(details.get("cause", "")) or None
    return {"at": isotime(event["timestamp"]), "error": details.get("error"), "cause": cause}


def _child(output: str | None) -> str | None:
    """The name of the execution that a task has started."""
    answer = json.loads(output or "null")
    arn = answer.get("ExecutionArn") if isinstance(answer, dict) else None
    return arn.rpartition(":")[2] if isinstance(arn, str) else None


def redacted(text: str) -> Any:
    """The JSON in `text` without the values of what is secret."""
    return _without_secrets(json.loads(text))


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: "***" if k in SECRET_NAMES else _told(k, v) for k, v in value.items()}
    return [_without_secrets(each) for each in value] if isinstance(value, list) else value


def _told(name: str, value: Any) -> Any:
    return sentence(value) if name == "Cause" and isinstance(value, str) else _without_secrets(value)
