"""Step Functions' execution calls: many executions on one clock, in one thread.

The machines live elsewhere: `machines` answers an ARN's definition and role, read at each StartExecution; a running
execution keeps the definition it began with. What an execution is told (a function's answer, a token, a timer) is
queued and delivered in order on the clock's next turn, so that no call runs inside another; StopExecution and timers
alone act at once. A token is used up when it is sent, not when its execution learns of it.

Operations are named as botocore names them and take its parameters as a dictionary; times are aware datetimes.
Errors are AWS's, HTTP 400; the messages are those recorded on AWS.
"""

import base64
import functools
import re
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from sandbox.clock import Clock, Timer
from sandbox.errors import AwsError
from sandbox.events import Emit
from sandbox.stepfunctions import messages
from sandbox.stepfunctions.errors import DefinitionError
from sandbox.stepfunctions.execution import Execution, iso
from sandbox.stepfunctions.history import History, utc
from sandbox.stepfunctions.machine import Machine, parse
from sandbox.stepfunctions.paths import LIMIT, loads
from sandbox.stepfunctions.tokens import Tokens


@dataclass(frozen=True)
class MachineInfo:
    """A state machine as its keeper knows it. `updated`: epoch seconds of its last change."""

    name: str
    definition: str
    role_arn: str
    type: str = "STANDARD"
    updated: float = 0.0


Done = Callable[[messages.InvokeOutcome], None]
Invoke = Callable[[str, Any, str, Done], None]
"""Invoke `(function name or ARN, payload, role ARN, done)`: never blocks; calls done once, on the clock's thread."""

Params = dict[str, Any]

AUTHORISED_BY = {
    "StartExecution": "stateMachineArn",
    "ListExecutions": "stateMachineArn",
    "StopExecution": "executionArn",
    "DescribeExecution": "executionArn",
    "GetExecutionHistory": "executionArn",
    "DescribeStateMachineForExecution": "executionArn",
    "SendTaskSuccess": None,
    "SendTaskFailure": None,
    "SendTaskHeartbeat": None,
}
"""The parameter that holds the resource which IAM judges; None: all, `*`."""

PAGE, LARGEST_PAGE = 100, 1000
_BAD_NAME = re.compile(r"[\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]")


@dataclass(eq=False)
class _Run:
    """An execution as the service keeps it; once ended, without the part that is only needed to run."""

    number: int
    arn: str
    machine_arn: str
    name: str
    machine: MachineInfo
    input: str
    started: float
    history: History = field(default_factory=History)
    status: str = "RUNNING"
    stopped: float | None = None
    end: messages.Finished | None = None
    live: "_Live | None" = None


@dataclass(eq=False)
class _Live:
    """What the driver holds for a running execution, by handle."""

    execution: Execution
    inbox: deque[tuple[int, messages.Outcome]] = field(default_factory=deque)
    delivery: Timer | None = None
    alarms: dict[int, dict[str, Timer]] = field(default_factory=dict)
    tokens: dict[int, str] = field(default_factory=dict)
    children: "dict[int, _Run]" = field(default_factory=dict)
    waiters: "list[tuple[_Run, int]]" = field(default_factory=list)


class StepFunctions:
    """`authorise(role ARN, action, resource ARN)` judges what a machine's role starts itself (None: all allowed)."""

    def __init__(
        self,
        *,
        clock: Clock,
        emit: Emit,
        machines: Callable[[str], MachineInfo | None],
        invoke: Invoke,
        authorise: Callable[[str, str, str], bool] | None = None,
        account: str = "000000000000",
        region: str = "us-east-1",
        random: Random | None = None,
    ) -> None:
        self._clock = clock
        self._emit = emit
        self._machines = machines
        self._invoke = invoke
        self._authorise = authorise
        self._account = account
        self._region = region
        self._random = random or Random()
        self._parse = functools.lru_cache(maxsize=256)(parse)
        self._runs: dict[str, _Run] = {}
        self._of_machine: dict[str, list[_Run]] = {}
        self._tokens: Tokens[tuple[_Run, int]] = Tokens(self._random)

    def authorisation(self, operation: str, params: Params) -> list[tuple[str, str, dict[str, str]]]:
        """What IAM judges for a call: (action, resource ARN, condition keys)."""
        parameter = AUTHORISED_BY[operation]
        return [(f"states:{operation}", "*" if parameter is None else params[parameter], {})]

    # Executions

    def start_execution(self, params: Params, caller: Any) -> dict[str, Any]:
        run = self._start(params["stateMachineArn"], params.get("name"), params.get("input", "{}"))
        return {"executionArn": run.arn, "startDate": utc(run.started)}

    def stop_execution(self, params: Params, caller: Any) -> dict[str, Any]:
        run = self._run(params["executionArn"])
        self._stop(run, params.get("error"), params.get("cause"))
        return {"stopDate": utc(run.started if run.stopped is None else run.stopped)}

    def describe_execution(self, params: Params, caller: Any) -> dict[str, Any]:
        run = self._run(params["executionArn"])
        answer = _summary(run) | {"redriveStatus": "NOT_REDRIVABLE"}
        if run.status in ("RUNNING", "SUCCEEDED"):
            answer["redriveStatusReason"] = f"Execution is {run.status} and cannot be redriven"
        else:
            answer["redriveStatus"] = "REDRIVABLE"
        if params.get("includedData") != "METADATA_ONLY":
            answer |= {"input": run.input, "inputDetails": {"included": True}}
            if run.end is not None:
                if run.end.output is not None:
                    answer |= {"output": run.end.output, "outputDetails": {"included": True}}
                given = {"error": run.end.error, "cause": run.end.cause}
                answer |= {name: text for name, text in given.items() if text is not None}
        return answer

    def list_executions(self, params: Params, caller: Any) -> dict[str, Any]:
        """The newest first."""
        machine_arn = params.get("stateMachineArn", "")
        self._machine(machine_arn)
        before = _position(params) or len(self._runs) + 1
        status = params.get("statusFilter")
        found = [
            run
            for run in reversed(self._of_machine.get(machine_arn, []))
            if run.number < before and status in (None, run.status)
        ]
        size = _size(params)
        answer: dict[str, Any] = {"executions": [_summary(run) for run in found[:size]]}
        if len(found) > size:
            answer["nextToken"] = _page_token(found[size - 1].number)
        return answer

    def get_execution_history(self, params: Params, caller: Any) -> dict[str, Any]:
        history = self._run(params["executionArn"]).history
        after, size = _position(params), _size(params)
        if params.get("reverseOrder", False):
            first = len(history) if after is None else after - 1
            ids = range(first, max(first - size, 0), -1)
            more = first - size > 0
        else:
            first = (after or 0) + 1
            ids = range(first, min(first + size, len(history) + 1))
            more = first + size <= len(history)
        data = params.get("includeExecutionData", True)
        answer: dict[str, Any] = {"events": list(history.read(ids, data=data))}
        if more:
            answer["nextToken"] = _page_token(ids[-1])
        return answer

    def describe_state_machine_for_execution(self, params: Params, caller: Any) -> dict[str, Any]:
        run = self._run(params["executionArn"])
        return {
            "stateMachineArn": run.machine_arn,
            "name": run.machine.name,
            "definition": run.machine.definition,
            "roleArn": run.machine.role_arn,
            "updateDate": utc(run.machine.updated),
            "loggingConfiguration": {"level": "OFF", "includeExecutionData": False},
            "tracingConfiguration": {"enabled": False},
        }

    # Task tokens

    def send_task_success(self, params: Params, caller: Any) -> dict[str, Any]:
        try:
            output = loads(params["output"])
        except ValueError as error:
            self._tokens.find(params["taskToken"])
            raise AwsError("InvalidOutput", f"Invalid Output: '{error}'") from None
        self._use_token(params["taskToken"], messages.TokenSucceeded(output))
        return {}

    def send_task_failure(self, params: Params, caller: Any) -> dict[str, Any]:
        self._use_token(params["taskToken"], messages.TokenFailed(params.get("error"), params.get("cause")))
        return {}

    def send_task_heartbeat(self, params: Params, caller: Any) -> dict[str, Any]:
        run, handle = self._tokens.find(params["taskToken"])
        self._tell(run, handle, messages.Heartbeat())
        return {}

    def _use_token(self, token: str, outcome: messages.Outcome) -> None:
        run, handle = self._tokens.find(token)
        self._tokens.forget(token)
        self._tell(run, handle, outcome)

    # Driving

    def _start(self, machine_arn: str, name: str | None, text: str) -> _Run:
        machine = self._machine(machine_arn)
        if machine.type != "STANDARD":
            message = "This operation is not supported by this type of state machine"
            raise AwsError("StateMachineTypeNotSupported", message)
        if name is None:
            name = str(uuid.UUID(bytes=self._random.randbytes(16), version=4))
        if not 1 <= len(name) <= 80 or _BAD_NAME.search(name):
            raise AwsError("InvalidName", f"Invalid Name: '{name}'")
        execution_input = _parse_input(text)
        arn = f"arn:aws:states:{self._region}:{self._account}:execution:{machine.name}:{name}"
        earlier = self._runs.get(arn)
        if earlier is not None:
            if earlier.status == "RUNNING" and earlier.input == text:
                return earlier
            raise AwsError("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")
        definition = self._definition(machine)
        run = _Run(len(self._runs) + 1, arn, machine_arn, name, machine, text, self._clock.time())
        context = {
            "Execution": {
                "Id": arn,
                "Input": execution_input,
                "Name": name,
                "RoleArn": machine.role_arn,
                "StartTime": iso(run.started),
                "RedriveCount": 0,
            },
            "StateMachine": {"Id": machine_arn, "Name": machine.name},
        }
        execution = Execution(
            definition, context, run.history, token=self._tokens.new, region=self._region, random=self._random
        )
        run.live = _Live(execution)
        self._runs[arn] = run
        self._of_machine.setdefault(machine_arn, []).append(run)
        self._perform(run, execution.start(run.started, machine.role_arn))
        self._tell(run, messages.WHOLE, messages.Begin())
        self._announce(run)
        return run

    def _stop(self, run: _Run, error: str | None, cause: str | None) -> None:
        if run.live is not None:
            self._perform(run, run.live.execution.stop(error, cause, self._clock.time()))

    def _tell(self, run: _Run, handle: int, outcome: messages.Outcome) -> None:
        if run.live is None:
            return
        run.live.inbox.append((handle, outcome))
        if run.live.delivery is None:
            run.live.delivery = self._clock.call_later(0, lambda: self._deliver(run))

    def _deliver(self, run: _Run) -> None:
        live = run.live
        if live is None:
            return
        while live.inbox and run.live is not None:
            self._perform(run, live.execution.receive(*live.inbox.popleft(), self._clock.time()))
        live.delivery = None

    def _perform(self, run: _Run, commands: list[messages.Command]) -> None:
        for command in commands:
            if run.live is None:
                return
            match command:
                case messages.InvokeFunction(handle, function, payload):
                    done = functools.partial(self._tell, run, handle)
                    self._invoke(function, payload, run.machine.role_arn, done)
                case messages.AwaitToken(handle, token):
                    run.live.tokens[handle] = token
                    self._tokens.put(token, (run, handle))
                case messages.WakeAt():
                    self._set_alarm(run, run.live, command)
                case messages.StartChild():
                    self._start_child(run, run.live, command)
                case messages.Release(handle):
                    self._release(run, run.live, handle)
                case messages.Finished():
                    self._end(run, run.live, command)

    def _set_alarm(self, run: _Run, live: _Live, command: messages.WakeAt) -> None:
        alarms = live.alarms.setdefault(command.handle, {})
        if command.alarm in alarms:
            alarms[command.alarm].cancel()

        def ring() -> None:
            live.inbox.append((command.handle, messages.TimeUp(command.alarm)))
            self._deliver(run)

        alarms[command.alarm] = self._clock.call_later(command.when - self._clock.time(), ring)

    def _start_child(self, run: _Run, live: _Live, command: messages.StartChild) -> None:
        role = run.machine.role_arn
        if self._authorise is not None and not self._authorise(role, "states:StartExecution", command.machine):
            message = f"{role} is not authorized to perform: states:StartExecution on resource: {command.machine}"
            self._tell(run, command.handle, messages.Refused("AccessDeniedException", f"User: {message}"))
            return
        try:
            child = self._start(command.machine, command.name, command.input)
        except AwsError as error:
            self._tell(run, command.handle, messages.Refused(error.code, error.message, error.status))
            return
        self._tell(run, command.handle, messages.ChildStarted(child.arn, child.started))
        if command.sync and child.live is not None:
            live.children[command.handle] = child
            child.live.waiters.append((run, command.handle))

    def _release(self, run: _Run, live: _Live, handle: int) -> None:
        for timer in live.alarms.pop(handle, {}).values():
            timer.cancel()
        self._tokens.forget(live.tokens.pop(handle, ""))
        child = live.children.pop(handle, None)
        if child is not None:
            self._stop(child, None, None)

    def _end(self, run: _Run, live: _Live, end: messages.Finished) -> None:
        run.live, run.status, run.end, run.stopped = None, end.status, end, self._clock.time()
        if live.delivery is not None:
            live.delivery.cancel()
        self._announce(run)
        if live.waiters:
            description = self.describe_execution({"executionArn": run.arn}, None)
            for parent, handle in live.waiters:
                self._tell(parent, handle, messages.ChildEnded(_capitalised(description)))

    def _announce(self, run: _Run) -> None:
        """The event 'Step Functions Execution Status Change'; times in milliseconds."""
        end = run.end or messages.Finished(run.status)
        detail = {
            "executionArn": run.arn,
            "stateMachineArn": run.machine_arn,
            "name": run.name,
            "status": run.status,
            "startDate": round(run.started * 1000),
            "stopDate": None if run.stopped is None else round(run.stopped * 1000),
            "input": run.input,
            "inputDetails": {"included": True},
            "output": end.output,
            "outputDetails": None if end.output is None else {"included": True},
            "error": end.error,
            "cause": end.cause,
        }
        self._emit("aws.states", "Step Functions Execution Status Change", detail, [run.arn])

    # Looking up

    def _run(self, arn: str) -> _Run:
        _check_arn(arn)
        if arn not in self._runs:
            raise AwsError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
        return self._runs[arn]

    def _machine(self, arn: str) -> MachineInfo:
        _check_arn(arn)
        machine = self._machines(arn)
        if machine is None:
            raise AwsError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
        return machine

    def _definition(self, machine: MachineInfo) -> Machine:
        try:
            return self._parse(machine.definition)
        except DefinitionError as error:
            raise AwsError("ValidationException", f"Invalid State Machine Definition: '{error}'") from None


def _check_arn(arn: str) -> None:
    if not arn.startswith("arn:"):
        raise AwsError("InvalidArn", f"Invalid Arn: 'Invalid ARN prefix: {arn}'")


def _parse_input(text: str) -> Any:
    if len(text.encode()) > LIMIT:
        fault = f"Value at 'input' failed to satisfy constraint: Member must have length less than or equal to {LIMIT}"
        raise AwsError("ValidationException", f"1 validation error detected: {fault}")
    try:
        return loads(text)
    except ValueError as error:
        reason = str(error) if text.strip() else "Invalid execution input."
        raise AwsError("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{reason}'") from None


def _summary(run: _Run) -> dict[str, Any]:
    summary = {
        "executionArn": run.arn,
        "stateMachineArn": run.machine_arn,
        "name": run.name,
        "status": run.status,
        "startDate": utc(run.started),
        "redriveCount": 0,
    }
    return summary if run.stopped is None else summary | {"stopDate": utc(run.stopped)}


def _capitalised(description: dict[str, Any]) -> dict[str, Any]:
    """A child's description as its parent gets it: without the redrive members, times in milliseconds."""
    answer: dict[str, Any] = {}
    for name, value in sorted(description.items()):
        if name.startswith("redrive"):
            continue
        if name.endswith("Date"):
            value = round(value.timestamp() * 1000)
        elif name.endswith("Details"):
            value = {"Included": True}
        answer[name[0].upper() + name[1:]] = value
    return answer


def _size(params: Params) -> int:
    return min(params.get("maxResults") or PAGE, LARGEST_PAGE)


def _page_token(position: int) -> str:
    return base64.b64encode(f"after:{position}".encode()).decode()


def _position(params: Params) -> int | None:
    token = params.get("nextToken")
    if token is None:
        return None
    try:
        label, _, number = base64.b64decode(token, validate=True).decode().partition(":")
        if label == "after" and number.isdecimal():
            return int(number)
    except ValueError:
        pass
    raise AwsError("InvalidToken", "Invalid Token: 'Invalid token'")
