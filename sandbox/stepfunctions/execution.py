"""An execution as a pure state machine: no clock, thread or socket. It is told what happened, with the time, and
answers what it wants done.

Rules:
- Each branch is a generator that runs until it waits; what it waits for has a handle, a number. Commands and
  outcomes carry the handle; an outcome for a handle that was given back (`Release`) changes nothing, so a Lambda that
  answers after its time-out, a doubled token, a late timer do no harm.
- Every attempt of a task has a new handle and a new token. The token is announced before the function is invoked.
- A branch that fails ends its siblings: what they wait for is released, and each state that was open, the failed one
  too, leaves a `...StateAborted`. `ParallelStateFailed` comes only when no Retry took the failure.
- `previousEventId` runs along a branch; a Parallel goes on after the latest event of its branches, and its Exited
  event does not count its Succeeded (all as recorded on AWS).
"""

import uuid
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from sandbox.stepfunctions import integrations, messages
from sandbox.stepfunctions.choices import timestamp
from sandbox.stepfunctions.errors import PathError, StateFailure, too_large
from sandbox.stepfunctions.history import Details, History, HistoryFull, given, reason, utc
from sandbox.stepfunctions.machine import Choice, Fail, Guarded, Machine, Parallel, Pass, Retrier, State, Task, Wait
from sandbox.stepfunctions.paths import dumps, fits, loads

ABORTABLE = ("Task", "Parallel", "Wait")
ENDINGS = {
    "SUCCEEDED": "ExecutionSucceeded",
    "FAILED": "ExecutionFailed",
    "ABORTED": "ExecutionAborted",
    "TIMED_OUT": "ExecutionTimedOut",
}

Text = str | None
Steps = Generator[None, Any, Any]


@dataclass(slots=True, eq=False)
class _Branch:
    """A branch on its way. `previous` is its last event, `entered` that of the state it is in."""

    parent: "_Branch | None"
    previous: int
    steps: Steps | None = None
    state: State | None = None
    entered: int = 0
    time: float = 0.0
    retries: int = 0
    handle: int = -1
    children: "list[_Branch]" = field(default_factory=list)
    result: Any = None


class Execution:
    """One execution of `machine`. `context` is the context object's part that does not change; `token` makes one."""

    def __init__(
        self,
        machine: Machine,
        context: dict[str, Any],
        history: History,
        *,
        token: Callable[[], str],
        region: str,
        random: Random,
    ) -> None:
        self._machine = machine
        self._context = context
        self._history = history
        self._token = token
        self._region = region
        self._random = random
        self._now = 0.0
        self._handles = messages.WHOLE
        self._waiting: dict[int, _Branch] = {}
        self._ready: deque[tuple[_Branch, Any]] = deque()
        self._commands: list[messages.Command] = []
        self._root = _Branch(None, 0)
        self.ended = False

    def start(self, now: float, role_arn: str) -> list[messages.Command]:
        """Its first event and its time-out; the states follow with Begin."""
        self._now = now
        text = dumps(self._context["Execution"]["Input"])
        self._history.add(now, "ExecutionStarted", 0, {**given(text, "input"), "roleArn": role_arn})
        self._set_alarm(messages.WHOLE, "timeout", self._machine.timeout)
        return self._advance()

    def receive(self, handle: int, outcome: messages.Outcome, now: float) -> list[messages.Command]:
        self._now = now
        if isinstance(outcome, messages.Begin):
            self._begin(self._root, self._machine, self._context["Execution"]["Input"])
        elif handle == messages.WHOLE and not self.ended:
            self._finish("TIMED_OUT")
        elif handle in self._waiting:
            self._ready.append((self._waiting[handle], outcome))
        return self._advance()

    def stop(self, error: str | None, cause: str | None, now: float) -> list[messages.Command]:
        self._now = now
        self._finish("ABORTED", error=error, cause=cause)
        return self._advance()

    # Branches

    def _begin(self, branch: _Branch, machine: Machine, data: Any) -> None:
        branch.steps = self._walk(branch, machine, data)
        self._ready.append((branch, None))

    def _advance(self) -> list[messages.Command]:
        try:
            while self._ready:
                branch, outcome = self._ready.popleft()
                if branch.steps is not None:
                    self._step(branch, outcome)
        except HistoryFull:
            cause = "The execution reached the maximum number of history events (25000)."
            self._finish("FAILED", error="States.Runtime", cause=cause)
        commands, self._commands = self._commands, []
        return commands

    def _step(self, branch: _Branch, outcome: Any) -> None:
        assert branch.steps is not None
        try:
            branch.steps.send(outcome)
        except StopIteration as end:
            branch.steps, branch.result = None, end.value
            parent = branch.parent
            if parent is None:
                self._finish("SUCCEEDED", output=dumps(end.value))
            elif not any(child.steps for child in parent.children):
                parent.previous = max(child.previous for child in parent.children)
                results = [child.result for child in parent.children]
                parent.children = []
                self._ready.append((parent, results))
        except StateFailure as failure:
            branch.steps = None
            parent = branch.parent
            if parent is None:
                self._finish("FAILED", error=failure.error, cause=failure.cause)
            else:
                parent.previous = branch.previous
                self._leave_aborted(branch)
                for sibling in parent.children:
                    self._abort(sibling)
                parent.children = []
                self._ready.append((parent, failure))

    def _abort(self, branch: _Branch) -> None:
        if branch.steps is None:
            return
        for child in branch.children:
            self._abort(child)
        self._release(branch)
        branch.steps.close()
        branch.steps = None
        self._leave_aborted(branch)

    def _leave_aborted(self, branch: _Branch) -> None:
        if branch.state is not None and branch.state.type in ABORTABLE:
            self._history.add(self._now, f"{branch.state.type}StateAborted", branch.previous)

    def _finish(self, status: str, output: str | None = None, *, error: Text = None, cause: Text = None) -> None:
        self.ended = True
        self._ready.clear()
        for branch in list(self._waiting.values()):
            self._release(branch)
        self._commands.append(messages.Release(messages.WHOLE))
        details = given(output) if output is not None else reason(error, cause or None)
        previous = self._root.previous if status in ("SUCCEEDED", "FAILED") else 0
        self._history.add(self._now, ENDINGS[status], previous, details, last=True)
        self._commands.append(messages.Finished(status, output, error, cause or None))

    def _hold(self, branch: _Branch) -> int:
        self._handles += 1
        branch.handle = self._handles
        self._waiting[branch.handle] = branch
        return branch.handle

    def _release(self, branch: _Branch) -> None:
        if self._waiting.pop(branch.handle, None) is not None:
            self._commands.append(messages.Release(branch.handle))

    def _record(self, branch: _Branch, kind: str, details: Details | None = None) -> int:
        branch.previous = self._history.add(self._now, kind, branch.previous, details)
        return branch.previous

    # States

    def _walk(self, branch: _Branch, machine: Machine, data: Any) -> Steps:
        following: str | None = machine.start_at
        text = dumps(data)
        while following is not None:
            state = machine.states[following]
            branch.state, branch.time, branch.retries = state, self._now, 0
            details = {"name": state.name, **given(text, "input")}
            branch.entered = self._record(branch, f"{state.type}StateEntered", details)
            try:
                data, following = yield from self._visit(branch, state, data)
                text = dumps(data)
                if not fits(text):
                    raise too_large(state.name)
            except PathError as error:
                where = f"An error occurred while executing the state '{state.name}' (entered at the event id #"
                raise StateFailure("States.Runtime", f"{where}{branch.entered}). {error}") from None
            self._record(branch, f"{state.type}StateExited", {"name": state.name, **given(text)})
        return data

    def _visit(self, branch: _Branch, state: State, data: Any) -> Generator[None, Any, tuple[Any, str | None]]:
        """The state's output and the name of the state that follows."""
        context = self._context_of(branch)
        effective = state.input(data, context)
        match state:
            case Guarded():
                return (yield from self._guard(branch, state, data))
            case Pass():
                return state.output(state.place(data, state.result(effective, context)), context), state.next
            case Choice():
                for rule, target in state.rules:
                    if rule(effective, context):
                        return state.output(effective, context), target
                if state.next is None:
                    raise StateFailure("States.NoChoiceMatched", f"No choice of the state '{state.name}' matches.")
            case Wait():
                seconds = state.seconds(effective, context)
                if seconds is None:
                    seconds = (timestamp(state.timestamp(effective, context)) or 0.0) - self._now
                yield from self._sleep(branch, max(seconds, 0.0))
            case Fail():
                raise StateFailure(state.error(effective, context), state.cause(effective, context))
        return state.output(effective, context), state.next

    def _context_of(self, branch: _Branch, token: str | None = None) -> dict[str, Any]:
        assert branch.state is not None
        state: dict[str, Any] = {"Name": branch.state.name, "EnteredTime": iso(branch.time)}
        if isinstance(branch.state, Task):
            state["RetryCount"] = branch.retries
        context = {**self._context, "State": state}
        return context if token is None else {**context, "Task": {"Token": token}}

    def _sleep(self, branch: _Branch, seconds: float) -> Steps:
        self._set_alarm(self._hold(branch), "wait", seconds)
        yield
        self._release(branch)

    def _guard(self, branch: _Branch, state: Guarded, data: Any) -> Generator[None, Any, tuple[Any, str | None]]:
        """Retry and Catch around a state's attempts."""
        used = dict.fromkeys(state.retry, 0)
        while True:
            try:
                result = yield from self._attempt(branch, state, data)
                context = self._context_of(branch)
                return state.output(state.place(data, state.select(result, context)), context), state.next
            except StateFailure as caught:
                failure = caught
            retrier = next((retrier for retrier in state.retry if failure.matches(retrier.errors)), None)
            if retrier is not None and used[retrier] < retrier.max_attempts:
                delay = self._delay(retrier, used[retrier])
                used[retrier] += 1
                branch.retries += 1
                yield from self._sleep(branch, delay)
                continue
            if isinstance(state, Parallel):
                self._record(branch, "ParallelStateFailed")
            for catcher in state.catch:
                if failure.matches(catcher.errors):
                    return catcher.place(data, {"Error": failure.error, "Cause": failure.cause}), catcher.next
            raise failure

    def _attempt(self, branch: _Branch, state: Guarded, data: Any) -> Steps:
        return self._task(branch, state, data) if isinstance(state, Task) else self._fork(branch, state, data)

    def _delay(self, retrier: Retrier, used: int) -> float:
        delay = min(retrier.interval * retrier.backoff**used, retrier.max_delay)
        return self._random.uniform(0, delay) if retrier.jitter else delay

    def _fork(self, branch: _Branch, state: Guarded, data: Any) -> Steps:
        assert isinstance(state, Parallel)
        context = self._context_of(branch)
        arguments = state.parameters(state.input(data, context), context)
        self._record(branch, "ParallelStateStarted")
        branch.children = [_Branch(branch, branch.previous) for _ in state.branches]
        for child, machine in zip(branch.children, state.branches, strict=True):
            self._begin(child, machine, arguments)
        results = yield
        if isinstance(results, StateFailure):
            raise results
        self._history.add(self._now, "ParallelStateSucceeded", branch.previous)
        return results

    def _task(self, branch: _Branch, task: Task, data: Any) -> Steps:
        """One attempt; its result."""
        token = self._token() if task.resource.pattern == "token" else None
        context = self._context_of(branch, token)
        effective = task.input(data, context)
        parameters = dumps(task.parameters(effective, context))
        if not fits(parameters):
            raise too_large(task.resource.type)
        timeout, heartbeat = task.timeout(effective, context), task.heartbeat(effective, context)
        where = {"resourceType": task.resource.type, "resource": task.resource.action}
        limits = {"timeoutInSeconds": timeout, "heartbeatInSeconds": heartbeat}
        scheduled = {**where, "region": self._region, "parameters": parameters}
        handle = self._hold(branch)
        try:
            call = integrations.call(handle, task.resource, loads(parameters))
            self._record(branch, "TaskScheduled", scheduled | {k: v for k, v in limits.items() if v is not None})
            self._record(branch, "TaskStarted", where)
            if token is not None:
                self._commands.append(messages.AwaitToken(handle, token))
            self._set_alarm(handle, "timeout", timeout)
            self._set_alarm(handle, "heartbeat", heartbeat)
            self._commands.append(call)
            while True:
                outcome = yield
                if isinstance(outcome, messages.Heartbeat):
                    self._set_alarm(handle, "heartbeat", heartbeat)
                    continue
                text = integrations.result(task.resource, outcome, str(self._uuid()))
                if not fits(text):
                    raise too_large(task.resource.type)
                submitted = isinstance(outcome, messages.Returned | messages.ChildStarted)
                if submitted and task.resource.pattern != "response":
                    self._record(branch, "TaskSubmitted", {**where, **given(text)})
                    continue
                self._record(branch, "TaskSucceeded", {**where, **given(text)})
                return loads(text)
        except StateFailure as failure:
            if isinstance(outcome, messages.TimeUp):
                self._record(branch, "TaskTimedOut", {**where, **reason(failure.error, None)})
            else:
                self._record(branch, "TaskFailed", {**where, **reason(failure.error, failure.cause)})
            raise
        finally:
            self._release(branch)

    def _set_alarm(self, handle: int, alarm: str, seconds: float | None) -> None:
        if seconds is not None:
            self._commands.append(messages.WakeAt(handle, alarm, self._now + seconds))

    def _uuid(self) -> uuid.UUID:
        return uuid.UUID(bytes=self._random.randbytes(16), version=4)


def iso(time: float) -> str:
    """A time as the context object shows it: 2025-06-15T15:06:40.000Z."""
    return utc(time).isoformat(timespec="milliseconds").replace("+00:00", "Z")
