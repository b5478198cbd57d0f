"""An execution's history turned into what a person looks at: its states, in the order they were entered.

A state is told by what became of it; the events of Step Functions are many more. A time-out of a wait is a *look*: the
Retry of the state enters the wait again (docs/architecture.md, the wait), and nothing failed, unless no try is left.
"""

import base64
import binascii
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import takewhile
from typing import Any

import msgspec

from showrunner import aws
from showrunner.diagram import Layout, arrange
from showrunner.errors import InvalidRequest, StopRequested, sentence
from showrunner.session import isotime
from workflows.answers import HistoryState, Problem

Event = dict[str, Any]
SECRET_NAMES = frozenset({"token", "TaskToken"})
MOST_EVENTS = 1000  # of a page; by default there are 100, and a call for each
LAST = 3  # of a state: events that a later one may follow
NEWEST_EVENTS = 50  # of a page that is read backwards, by who follows an execution
WAIT = ".waitForTaskToken"
FAILED = ("TaskFailed", "TaskTimedOut", "TaskStartFailed", "TaskSubmitFailed", "ParallelStateFailed", "ExecutionFailed")
CUT_OFF = ("ExecutionTimedOut", "ExecutionAborted")
WRONG = ("failed", "stopped")
STOPPED = StopRequested.__name__  # the error by which a stop reaches a state


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the reading of a history stands: the number of the last event that was read, and what later ones may be of.

    `states` are bare, without what was answered of them. Events are numbers, states the numbers of their first events.
    """

    event: int
    states: list[HistoryState]
    within: dict[int, int]
    holder: dict[int, int | None]
    begun: list[int]
    looking: dict[int, Problem]

    @classmethod
    def told(cls, text: str) -> "Place":
        """Raises InvalidRequest for what `tell` has not made; what comes back from a caller may be anything."""
        try:
            place = msgspec.json.decode(base64.urlsafe_b64decode(text.encode()), type=cls)
            known = {state["event"] for state in place.states}
            named = {*place.within.values(), *place.looking, *place.holder.values()} - {None}
            if named - known or set(place.holder) != known:
                raise ValueError
        except (ValueError, binascii.Error, msgspec.DecodeError, RecursionError):
            raise InvalidRequest("'after' must be that of an earlier answer. Or leave it out.", field="after") from None
        return place

    def tell(self) -> str:
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode()


def read_history(arn: str, after: str | None = None) -> tuple[list[HistoryState], str]:
    """The states of an execution, however long its history is, and where the reading stands.

    `after` is where an earlier reading stood. Only the events since then are read, and the states that they are of
    answered: with the newer `problems` and `looked_at` alone, and what did not change of a state may be null.
    """
    history = History.at(Place.told(after)) if after else History()
    for event in _newer(arn, history.event) if after else _all(arn):
        history.take(event)
    return history.states, history.place().tell()


def _all(arn: str) -> Iterable[Any]:
    history = aws.stepfunctions().get_paginator("get_execution_history")
    pages = history.paginate(executionArn=arn, PaginationConfig={"PageSize": MOST_EVENTS})
    return (event for page in pages for event in page["events"])


def _newer(arn: str, last: int) -> Iterable[Any]:
    history = aws.stepfunctions().get_paginator("get_execution_history")
    pages = history.paginate(executionArn=arn, reverseOrder=True, PaginationConfig={"PageSize": NEWEST_EVENTS})
    newest_first = (event for page in pages for event in page["events"])
    return reversed(list(takewhile(lambda event: event["id"] > last, newest_first)))


def drawing_of(arn: str) -> Layout | None:
    """Of the state machine as it was when the execution began; None once that machine is gone."""
    try:
        described = aws.stepfunctions().describe_state_machine_for_execution(executionArn=arn)
    except aws.stepfunctions().exceptions.StateMachineDoesNotExist:
        return None
    return arrange(json.loads(described["definition"]), notes=False)


def states(events: Iterable[Any]) -> list[HistoryState]:
    """In the order they were entered. Task tokens and stack traces are left out."""
    history = History()
    for event in events:
        history.take(event)
    return history.states


class History(msgspec.Struct):
    """The events so far. Which state an event is of is found by the event before it."""

    event: int = 0
    states: list[HistoryState] = msgspec.field(default_factory=list)
    within: dict[int, HistoryState] = msgspec.field(default_factory=dict)  # by event, those that others may yet follow
    holder: dict[int, HistoryState | None] = msgspec.field(default_factory=dict)  # of a branch's state: its Parallel
    begun: set[int] = msgspec.field(default_factory=set)  # of a Parallel: where its branches begin
    looking: dict[int, Problem] = msgspec.field(
        default_factory=dict
    )  # by the state's event: its wait has timed out last

    @classmethod
    def at(cls, place: Place) -> "History":
        states = {state["event"]: state for state in place.states}
        return cls(
            place.event,
            place.states,
            {event: states[number] for event, number in sorted(place.within.items())},
            {number: states[above] if above else None for number, above in place.holder.items()},
            set(place.begun),
            place.looking,
        )

    def place(self) -> Place:
        """With the states that have not ended, and those that another may follow."""
        within = dict(self._to_follow())
        standing = (state for state in self.states if state["left_at"] is None)
        kept = {state["event"]: state for state in (*standing, *within.values())}
        holders = {number: self.holder[number] for number in kept}
        return Place(
            self.event,
            [_bare(state) for state in kept.values()],
            {event: state["event"] for event, state in within.items()},
            {number: holder["event"] if holder else None for number, holder in holders.items()},
            [event for event in self.begun if event in within],
            {number: look for number, look in self.looking.items() if number in kept},
        )

    def _to_follow(self) -> Iterator[tuple[int, HistoryState]]:
        """Events that later ones may name as the one before, latest first; of a Parallel several name the same."""
        seen: Counter[int] = Counter()
        for event, state in reversed(self.within.items()):
            seen[state["event"]] += 1
            holder = self.holder[state["event"]]
            if event in self.begun:
                if not state["left_at"]:
                    yield event, state
            elif not state["next"] and seen[state["event"]] <= LAST and not (holder and holder["left_at"]):
                yield event, state

    def take(self, event: Event) -> None:
        self.event = event["id"]
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
        over = state["left_at"] or (kind == "ParallelStateFailed" and state["outcome"] in WRONG)
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
            "looked_at": [],
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
        if before and before["left_at"]:
            before["next"] = state["name"]
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
            state["looked_at"].append(isotime(event["timestamp"]))
            self.looking[state["event"]] = _problem(event, details)
        elif kind == "ParallelStateStarted":
            self._cut_off(event, state)  # of the try before
            state["outcome"] = "running"
            self.begun.add(event["id"])
        elif kind in FAILED and not (kind == "ExecutionFailed" and state["outcome"] in WRONG):
            self._fail(state, _problem(event, details))
            if kind == "ParallelStateFailed":
                self._cut_off(event, state)
        elif kind.endswith("StateAborted"):
            state["outcome"] = state["outcome"] if state["outcome"] in WRONG else "aborted"
            state["left_at"] = isotime(event["timestamp"])
        elif kind.endswith("StateExited"):
            self._leave(state, event)
        if kind == "ExecutionFailed":
            self._cut_off(event)

    def _fail(self, state: HistoryState, problem: Problem) -> None:
        state["problems"].append(problem)
        state["outcome"] = "stopped" if problem["error"] == STOPPED else "failed"
        state["error"], state["cause"] = problem["error"], problem["cause"]

    def _leave(self, state: HistoryState, event: Event) -> None:
        if look := self.looking.pop(state["event"], None):  # no try was left
            self._fail(state, look)
        if state["outcome"] != "stopped":
            state["outcome"] = "caught" if state["outcome"] == "failed" else "done"
        state["left_at"] = isotime(event["timestamp"])
        state["output"] = redacted(event["stateExitedEventDetails"].get("output", "null"))

    def _cut_off(self, event: Event, holder: HistoryState | None = None) -> None:
        """The states that were not left have ended with what holds them: a Parallel, or else the execution.

        A stop that nobody has caught fails the execution.
        """
        for state in self.states:
            if state["left_at"] is None and (holder is None or self._holds(holder, state)):
                if state["outcome"] not in WRONG:
                    state["outcome"] = "aborted"
                elif holder is None:
                    state["outcome"] = "failed"
                state["left_at"] = isotime(event["timestamp"])

    def _holds(self, holder: HistoryState, state: HistoryState) -> bool:
        above = self.holder[state["event"]]
        return above is not None and (above is holder or self._holds(holder, above))


def _bare(state: HistoryState) -> HistoryState:
    """A state without what is told of it once."""
    told: HistoryState = {**state, "input": None, "output": None, "error": None, "cause": None}
    return {**told, "looked_at": [], "problems": []}


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
