"""Amazon States Language, read into typed states; what can't be run here is refused with its place and the reason.

The subset: Task (the resources below), Choice, Parallel, Pass, Wait, Succeed and Fail, with JSONPath. Map, JSONata,
activities, variables and every field not in the table are refused. The rules are those of the ASL specification and
of AWS's own validation: a state has exactly one of Next and End, every target exists, every state is reachable,
names are unique in the whole definition, `States.ALL` stands alone and last.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn

from sandbox.stepfunctions.choices import Predicate, compile_rule, timestamp
from sandbox.stepfunctions.errors import DefinitionError, PathError
from sandbox.stepfunctions.paths import Reader, Writer, compile_path, compile_reference, constant, dumps, loads
from sandbox.stepfunctions.templates import compile_expression, compile_template, located

IN_OUT = "Type Comment QueryLanguage InputPath OutputPath"
TRANSITION = "Next End"
RESULT = "Parameters ResultSelector ResultPath Retry Catch"
LIMITS = "TimeoutSeconds TimeoutSecondsPath HeartbeatSeconds HeartbeatSecondsPath"
FIELDS = {
    "Task": f"{IN_OUT} {TRANSITION} {RESULT} {LIMITS} Resource",
    "Parallel": f"{IN_OUT} {TRANSITION} {RESULT} Branches",
    "Pass": f"{IN_OUT} {TRANSITION} Parameters Result ResultPath",
    "Wait": f"{IN_OUT} {TRANSITION} Seconds SecondsPath Timestamp TimestampPath",
    "Choice": f"{IN_OUT} Choices Default",
    "Succeed": IN_OUT,
    "Fail": "Type Comment QueryLanguage Error ErrorPath Cause CausePath",
}
MACHINE = "Comment QueryLanguage Version StartAt States TimeoutSeconds"
BRANCH = "Comment StartAt States"
RETRY = "Comment ErrorEquals IntervalSeconds MaxAttempts BackoffRate MaxDelaySeconds JitterStrategy"
CATCH = "Comment ErrorEquals Next ResultPath"

FOREVER = 99_999_999
"""Seconds: AWS's limit of every time-out, and the default of a Task's."""

NUMBERS: dict[str, tuple[float, float]] = {
    "TimeoutSeconds": (1, FOREVER),
    "HeartbeatSeconds": (1, FOREVER),
    "Seconds": (0, FOREVER),
    "IntervalSeconds": (1, FOREVER),
    "MaxAttempts": (0, FOREVER),
    "BackoffRate": (1, float("inf")),
    "MaxDelaySeconds": (1, 31_622_400),
}


class Resource(NamedTuple):
    """`pattern`: 'response' (the call's answer is the result), 'token' or 'sync' (a child's end is awaited)."""

    type: str
    action: str
    pattern: str


RESOURCES = {
    f"arn:aws:states:::{resource.type}:{resource.action}": resource
    for resource in (
        Resource("lambda", "invoke", "response"),
        Resource("lambda", "invoke.waitForTaskToken", "token"),
        Resource("states", "startExecution", "response"),
        Resource("states", "startExecution.sync", "sync"),
        Resource("states", "startExecution.sync:2", "sync"),
    )
}
PARAMETERS = {"lambda": ("FunctionName", "Payload"), "states": ("StateMachineArn", "Input", "Name")}
"""What a call takes; the first is required."""


@dataclass(frozen=True, kw_only=True)
class Retrier:
    """Times in seconds."""

    errors: tuple[str, ...]
    interval: int
    max_attempts: int
    backoff: float
    max_delay: float
    jitter: bool


@dataclass(frozen=True, kw_only=True)
class Catcher:
    errors: tuple[str, ...]
    next: str
    place: Writer


@dataclass(frozen=True, kw_only=True)
class State:
    """`next` None ends the branch. `input`, `output`, `place`: InputPath, OutputPath and (below) ResultPath."""

    name: str
    type: str
    next: str | None
    input: Reader
    output: Reader


@dataclass(frozen=True, kw_only=True)
class Pass(State):
    result: Reader
    place: Writer


@dataclass(frozen=True, kw_only=True)
class Guarded(State):
    """A state that yields a result and may be retried and caught."""

    parameters: Reader
    select: Reader
    place: Writer
    retry: Sequence[Retrier]
    catch: Sequence[Catcher]


@dataclass(frozen=True, kw_only=True)
class Task(Guarded):
    """`timeout` and `heartbeat` answer seconds or None."""

    resource: Resource
    timeout: Reader
    heartbeat: Reader


@dataclass(frozen=True, kw_only=True)
class Parallel(Guarded):
    branches: "Sequence[Machine]"


@dataclass(frozen=True, kw_only=True)
class Choice(State):
    """`next` is the Default."""

    rules: Sequence[tuple[Predicate, str]]


@dataclass(frozen=True, kw_only=True)
class Wait(State):
    """One of the two answers None."""

    seconds: Reader
    timestamp: Reader


@dataclass(frozen=True, kw_only=True)
class Fail(State):
    error: Reader
    cause: Reader


@dataclass(frozen=True)
class Machine:
    """A definition or a branch; `timeout` in seconds, None without one."""

    start_at: str
    states: Mapping[str, State]
    timeout: int | None = None


def parse(definition: str) -> Machine:
    """The machine in an ASL text. Raises DefinitionError."""
    try:
        document = loads(definition)
    except ValueError as error:
        raise DefinitionError("/", f"Not JSON: {error}") from None
    return _machine(_Fields(document, ""), MACHINE, seen=set())


class _Fields:
    """An object of the definition and its place in it; whatever it is asked for and can't answer, it refuses."""

    def __init__(self, value: Any, at: str) -> None:
        self.at = at
        if not isinstance(value, dict):
            self.refuse("An object is expected")
        self.value: dict[str, Any] = value

    def __contains__(self, name: str) -> bool:
        return name in self.value

    def refuse(self, reason: str, field: str | None = None) -> NoReturn:
        raise DefinitionError((self.at if field is None else f"{self.at}/{field}") or "/", reason)

    def allow(self, names: str) -> None:
        for name in self.value:
            if name not in names.split():
                self.refuse(f"Field is not supported, only {names}", name)
        if self.value.get("QueryLanguage", "JSONPath") != "JSONPath":
            self.refuse("Only the query language JSONPath is supported", "QueryLanguage")

    def get(self, name: str, default: Any = None) -> Any:
        """A number within its limits, or a string."""
        if name not in self:
            return default
        value = self.value[name]
        if name not in NUMBERS:
            if not isinstance(value, str):
                self.refuse("A string is expected", name)
            return value
        least, most = NUMBERS[name]
        kinds = int | float if name == "BackoffRate" else int
        if isinstance(value, bool) or not isinstance(value, kinds) or not least <= value <= most:
            self.refuse(f"A number from {least:g} to {most:g} is expected", name)
        return value

    def need(self, name: str) -> Any:
        if name not in self:
            self.refuse(f"These fields are required: [{name}]")
        return self.get(name)

    def one_of(self, *names: str, needed: bool = True) -> str | None:
        present = [name for name in names if name in self]
        if len(present) > 1 or (needed and not present):
            self.refuse(f"{'Exactly' if needed else 'At most'} one of {', '.join(names)} is expected")
        return present[0] if present else None

    def objects(self, name: str) -> "list[_Fields]":
        """The objects of an array that must not be empty."""
        value = self.value.get(name)
        if not isinstance(value, list) or not value:
            self.refuse("A list with at least one entry is expected", name)
        return [_Fields(item, f"{self.at}/{name}[{index}]") for index, item in enumerate(value)]

    def compiled(self, name: str, compiler: Callable[[Any], Any]) -> Any:
        try:
            return compiler(self.value[name])
        except (ValueError, TypeError, AttributeError) as error:
            self.refuse(str(error), name)

    def in_out(self, name: str) -> Reader:
        """InputPath or OutputPath: the whole by default, an empty object for null."""
        if name in self and self.value[name] is None:
            return constant({})
        return self.compiled(name, compile_path) if name in self else compile_path("$")

    def template(self, name: str) -> Reader:
        if name not in self:
            return compile_path("$")
        _Fields(self.value[name], f"{self.at}/{name}")
        return self.compiled(name, compile_template)  # type: ignore[no-any-return]

    def result_path(self) -> Writer:
        if "ResultPath" not in self:
            return compile_reference("$")
        if self.value["ResultPath"] is None:
            return lambda document, _: document
        return self.compiled("ResultPath", compile_reference)  # type: ignore[no-any-return]

    def either(self, name: str, problem: Callable[[Any], str | None], compiler: Any = compile_path) -> Reader:
        """`name` as it stands (None without it), or what `namePath` finds, unless there is a `problem` with that."""
        field = f"{name}Path"
        if self.one_of(name, field, needed=False) != field:
            return constant(self.get(name))
        path, find = self.get(field), self.compiled(field, compiler)

        def read(data: Any, context: Any) -> Any:
            value = find(data, context)
            wrong = problem(value)
            if wrong is not None:
                shown = value if isinstance(value, str) else dumps(value)
                raise PathError(f"The {field} parameter {wrong}: {path} == {shown}")
            return value

        return read


def _machine(fields: _Fields, names: str, seen: set[str]) -> Machine:
    fields.allow(names)
    if not fields.value.get("States"):
        fields.refuse("These fields are required: [States]")
    states: dict[str, State] = {}
    for name, value in _Fields(fields.value["States"], f"{fields.at}/States").value.items():
        state = _Fields(value, f"{fields.at}/States/{name}")
        if not 1 <= len(name) <= 80 or name in seen:
            state.refuse("A state's name has 1 to 80 characters and is unique in the whole definition")
        seen.add(name)
        states[name] = _state(name, state, seen)
    machine = Machine(fields.need("StartAt"), states, fields.get("TimeoutSeconds"))
    _check_targets(machine, f"{fields.at}/States")
    return machine


def _check_targets(machine: Machine, at: str) -> None:
    reached: set[str] = set()
    waiting = [(machine.start_at, "")]
    while waiting:
        name, source = waiting.pop()
        if name not in machine.states:
            raise DefinitionError(f"{at}/{source}".rstrip("/"), f"Missing target state: {name}")
        if name not in reached:
            reached.add(name)
            waiting += [(target, name) for target in _targets(machine.states[name])]
    for name in machine.states:
        if name not in reached:
            raise DefinitionError(f"{at}/{name}", "State is not reachable")


def _targets(state: State) -> Iterator[str]:
    if state.next is not None:
        yield state.next
    if isinstance(state, Choice):
        yield from (target for _, target in state.rules)
    if isinstance(state, Guarded):
        yield from (catcher.next for catcher in state.catch)


def _state(name: str, fields: _Fields, seen: set[str]) -> State:
    kind = fields.need("Type")
    if kind not in FIELDS:
        fields.refuse(f"State type {kind} is not supported, only {', '.join(FIELDS)}", "Type")
    fields.allow(FIELDS[kind])
    common: dict[str, Any] = {
        "name": name,
        "type": kind,
        "next": _next(fields) if TRANSITION in FIELDS[kind] else fields.get("Default"),
        "input": fields.in_out("InputPath"),
        "output": fields.in_out("OutputPath"),
    }
    match kind:
        case "Task":
            return Task(**common, **_guarded(fields), **_task(fields))
        case "Parallel":
            branches = [_machine(branch, BRANCH, seen) for branch in fields.objects("Branches")]
            return Parallel(**common, **_guarded(fields), branches=branches)
        case "Pass":
            parameters = fields.template("Parameters")
            result = constant(fields.value["Result"]) if "Result" in fields else parameters
            return Pass(**common, result=result, place=fields.result_path())
        case "Choice":
            choices = fields.objects("Choices")
            return Choice(**common, rules=[(compile_rule(rule.value, rule.at), rule.need("Next")) for rule in choices])
        case "Wait":
            fields.one_of("Seconds", "SecondsPath", "Timestamp", "TimestampPath")
            if "Timestamp" in fields and timestamp(fields.value["Timestamp"]) is None:
                fields.refuse("String does not match RFC3339 timestamp", "Timestamp")
            seconds, when = fields.either("Seconds", _no_delay), fields.either("Timestamp", _no_time)
            return Wait(**common, seconds=seconds, timestamp=when)
        case "Fail":
            return Fail(**common, error=_reason(fields, "Error"), cause=_reason(fields, "Cause"))
    return State(**common)  # Succeed


def _reason(fields: _Fields, name: str) -> Reader:
    return fields.either(name, _no_text, lambda text: located(compile_expression(text), f"{name}Path"))


def _next(fields: _Fields) -> str | None:
    if fields.one_of("Next", "End") == "Next":
        return str(fields.need("Next"))
    if fields.value["End"] is not True:
        fields.refuse("End must be true", "End")
    return None


def _guarded(fields: _Fields) -> dict[str, Any]:
    retry = [_retrier(retrier) for retrier in fields.objects("Retry")] if "Retry" in fields else []
    catch = [_catcher(catcher) for catcher in fields.objects("Catch")] if "Catch" in fields else []
    return {
        "parameters": fields.template("Parameters"),
        "select": fields.template("ResultSelector"),
        "place": fields.result_path(),
        "retry": _all_last(fields, "Retry", retry),
        "catch": _all_last(fields, "Catch", catch),
    }


def _retrier(fields: _Fields) -> Retrier:
    fields.allow(RETRY)
    interval, max_delay = fields.get("IntervalSeconds", 1), fields.get("MaxDelaySeconds", float("inf"))
    if max_delay <= interval:
        fields.refuse("MaxDelaySeconds must be greater than IntervalSeconds", "MaxDelaySeconds")
    if fields.get("JitterStrategy", "NONE") not in ("FULL", "NONE"):
        fields.refuse("FULL or NONE is expected", "JitterStrategy")
    return Retrier(
        errors=_error_names(fields),
        interval=interval,
        max_attempts=fields.get("MaxAttempts", 3),
        backoff=fields.get("BackoffRate", 2),
        max_delay=max_delay,
        jitter=fields.get("JitterStrategy") == "FULL",
    )


def _catcher(fields: _Fields) -> Catcher:
    fields.allow(CATCH)
    return Catcher(errors=_error_names(fields), next=fields.need("Next"), place=fields.result_path())


def _error_names(fields: _Fields) -> tuple[str, ...]:
    names = fields.value.get("ErrorEquals")
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        fields.refuse("A list of error names is expected", "ErrorEquals")
    return tuple(names)


def _all_last(fields: _Fields, name: str, entries: Sequence[Retrier | Catcher]) -> Sequence[Retrier | Catcher]:
    for entry in entries:
        if "States.ALL" in entry.errors and (len(entry.errors) > 1 or entry is not entries[-1]):
            fields.refuse("States.ALL must stand alone and last", name)
    return entries


def _task(fields: _Fields) -> dict[str, Any]:
    resource = RESOURCES.get(fields.need("Resource"))
    if resource is None:
        fields.refuse(f"Resource is not supported, only {', '.join(RESOURCES)}", "Resource")
    names = PARAMETERS[resource.type]
    given = _Fields(fields.value.get("Parameters", {}), f"{fields.at}/Parameters")
    for name in given.value:
        if name.removesuffix(".$") not in names:
            given.refuse(f"Parameter is not supported, only {', '.join(names)}", name)
    given.one_of(names[0], f"{names[0]}.$")
    limits = {
        "timeout": fields.either("TimeoutSeconds", _no_limit),
        "heartbeat": fields.either("HeartbeatSeconds", _no_limit),
    }
    if fields.get("HeartbeatSeconds", 0) >= fields.get("TimeoutSeconds", FOREVER + 1):
        fields.refuse("HeartbeatSeconds must be smaller than TimeoutSeconds", "HeartbeatSeconds")
    return {"resource": resource, **limits}


# What may be wrong with what a path found; the words are AWS's where they were recorded.


def _no_limit(value: Any) -> str | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return None if whole and 1 <= value <= FOREVER else "does not reference a positive integer"


def _no_delay(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return "cannot be parsed as a long value"
    return "references a negative value" if value < 0 else None


def _no_time(value: Any) -> str | None:
    wrong = "does not reference a valid ISO-8601 extended offset date-time format string"
    return wrong if timestamp(value) is None else None


def _no_text(value: Any) -> str | None:
    return None if isinstance(value, str) else "does not reference a string"
