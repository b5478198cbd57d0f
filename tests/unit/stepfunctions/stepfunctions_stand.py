"""A Step Functions service on a clock of the test's choice, with functions that answer as a table says."""

import asyncio
import json
from collections.abc import Callable
from random import Random
from typing import Any

from sandbox.clock import Clock, RealClock, Timer, VirtualClock
from sandbox.stepfunctions import MachineInfo, Raised, Refused, Returned, StepFunctions
from sandbox.stepfunctions.service import Done

ACCOUNT, REGION = "000000000000", "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/machine"


class HastyClock:
    """A RealClock whose seconds pass `pace` times as fast: the real loop and its timers, without the waiting."""

    def __init__(self, loop: asyncio.AbstractEventLoop, pace: float = 20.0) -> None:
        self._clock = RealClock(loop)
        self._pace = pace
        self._start = self._clock.time()

    def time(self) -> float:
        return self._start + (self._clock.time() - self._start) * self._pace

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        return self._clock.call_later(delay / self._pace, callback)


class Functions:
    """The Lambdas: `answers` by function name, call by call, the last one repeats. Keeps every payload and token."""

    def __init__(self, clock: Clock, answers: dict[str, list[dict[str, Any]]], delay: float = 0.1) -> None:
        self.clock = clock
        self.answers = {name: list(calls) for name, calls in answers.items()}
        self.delay = delay
        self.calls: list[tuple[str, Any, str]] = []
        self.tokens: list[str] = []
        self.answered: Callable[[], None] = lambda: None
        """Called after a function's answer is given."""

    def __call__(self, name: str, payload: Any, role_arn: str, done: Done) -> None:
        self.calls.append((name, payload, role_arn))
        if isinstance(payload, dict) and "token" in payload:
            self.tokens.append(payload["token"])
        calls = self.answers.get(name)
        if calls is None:
            message = f"Function not found: arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
            outcome: Returned | Raised | Refused = Refused("ResourceNotFoundException", message, 404)
        else:
            answer = calls.pop(0) if len(calls) > 1 else calls[0]
            if answer.get("hang"):
                return
            if "raise" in answer:
                outcome = Raised({**answer["raise"], "requestId": "r-1", "stackTrace": []})
            elif "refuse" in answer:
                outcome = Refused(answer["refuse"], "refused", 400)
            elif "return_bytes" in answer:
                outcome = Returned("x" * answer["return_bytes"])
            else:
                outcome = Returned(answer["return"])

        def answer_now() -> None:
            done(outcome)
            self.answered()

        self.clock.call_later(self.delay, answer_now)


class Stand:
    """The service with its machines, functions and the events it emitted."""

    def __init__(self, clock: Clock, functions: dict[str, list[dict[str, Any]]] | None = None, **options: Any) -> None:
        self.clock = clock
        self.functions = Functions(clock, functions or {})
        self.machines: dict[str, MachineInfo] = {}
        self.events: list[dict[str, Any]] = []
        self.on_event: Callable[[], None] = lambda: None
        self.service = StepFunctions(
            clock=clock,
            emit=self._emit,
            machines=self.machines.get,
            invoke=self.functions,
            random=Random(7),
            **options,
        )

    def _emit(self, source: str, detail_type: str, detail: dict[str, Any], resources: list[str]) -> None:
        self.events.append({"source": source, "detail-type": detail_type, "detail": detail, "resources": resources})
        self.on_event()

    def machine(self, definition: dict[str, Any], name: str = "machine") -> str:
        arn = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}"
        self.machines[arn] = MachineInfo(name, json.dumps(definition), ROLE, updated=1_700_000_000.0)
        return arn

    def start(self, machine: str | dict[str, Any], given: Any = None, name: str | None = None) -> str:
        arn = machine if isinstance(machine, str) else self.machine(machine)
        params = {"stateMachineArn": arn, "input": json.dumps({} if given is None else given)}
        if name is not None:
            params["name"] = name
        return str(self.service.start_execution(params, None)["executionArn"])

    def describe(self, arn: str) -> dict[str, Any]:
        return self.service.describe_execution({"executionArn": arn}, None)

    def output(self, arn: str) -> Any:
        description = self.describe(arn)
        assert description["status"] == "SUCCEEDED", description
        return json.loads(description["output"])

    def history(self, arn: str, **params: Any) -> list[dict[str, Any]]:
        page = self.service.get_execution_history({"executionArn": arn, "maxResults": 1000, **params}, None)
        return list(page["events"])

    def types(self, arn: str) -> list[str]:
        return [event["type"] for event in self.history(arn)]


def virtual(functions: dict[str, list[dict[str, Any]]] | None = None, **options: Any) -> tuple[Stand, VirtualClock]:
    clock = VirtualClock()
    return Stand(clock, functions, **options), clock


def run(definition: dict[str, Any], given: Any = None, functions: Any = None) -> tuple[Stand, str]:
    """An execution from start to end in virtual time."""
    stand, clock = virtual(functions)
    arn = stand.start(definition, given)
    clock.run()
    return stand, arn


def machine_of(state: dict[str, Any], **more: dict[str, Any]) -> dict[str, Any]:
    """A machine that starts in `state`, named Only, with `more` states beside it."""
    end = {} if state["Type"] in ("Choice", "Fail", "Succeed") or "Next" in state else {"End": True}
    return {"StartAt": "Only", "States": {"Only": state | end, **more}}


def token_wait(**fields: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": "wait", "Payload": {"token.$": "$$.Task.Token"}},
        **fields,
    }


def task(**fields: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "work", "Payload.$": "$"},
        **fields,
    }


def details(event: dict[str, Any]) -> dict[str, Any]:
    """The one member of an event that ends in EventDetails; empty where there is none."""
    return next((value for name, value in event.items() if name.endswith("EventDetails")), {})
