"""Amazon States Language, read into typed states; what can't be run here is refused with its place and the reason.

The subset: Task (the resources below), Choice, Parallel, Pass, Wait, Succeed and Fail, with JSONPath. Map, JSONata,
activities, variables and every field not in the table are refused. The rules are those of the ASL specification and
of AWS's own validation: a state has exactly one of Next and End, every target exists, every state is reachable,
names are unique in the whole definition, `States.ALL` stands alone and last.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn

from sandbox.stepfunctions.choices import Predicate, compile_rule, timestamp
from sandbox.stepfunctions.errors import DefinitionError, PathError
from sandbox.stepfunctions.paths import Reader, compile_path, compile_reference, constant, dumps, loads
from sandbox.stepfunctions.templates import compile_expression, compile_template, located

TRANSITION = "Next End"
IN_OUT = "Type Comment QueryLanguage InputPath OutputPath"
RESULT = "Parameters ResultSelector ResultPath Retry Catch"
FIELDS: dict[str, str] = {
    "Task": f"{IN_OUT} {TRANSITION} {RESULT} Resource TimeoutSeconds TimeoutSecondsPath HeartbeatSeconds "
    "HeartbeatSecondsPath",
    "Parallel": f"{IN_OUT} {TRANSITION} {RESULT} Branches",
    "Pass": f"{IN_OUT} {TRANSITION} Parameters Result ResultPath",
    "Wait": f"{IN_OUT} {TRANSITION} Seconds SecondsPath Timestamp TimestampPath",
    "Choice": f"{IN_OUT} Choices Default",
    "Succeed": IN_OUT,
    "Fail": "Type Comment QueryLanguage Error ErrorPath Cause CausePath",
}
MACHINE_FIELDS = "Comment QueryLanguage Version StartAt States TimeoutSeconds"
BRANCH_FIELDS = "Comment StartAt States"


class Resource(NamedTuple):
    """`pattern`: 'response' (the call's answer is the result), 'token' or 'sync' (a child's end is awaited)."""

    type: str
    action: str
    pattern: str


RESOURCES = {
    "arn:aws:states:::lambda:invoke": Resource("lambda", "invoke", "response"),
    "arn:aws:states:::lambda:invoke.waitForTaskToken": Resource("lambda", "invoke.waitForTaskToken", "token"),
    "arn:aws:states:::states:startExecution": Resource("states", "startExecution", "response"),
    "arn:aws:states:::states:startExecution.sync": Resource("states", "startExecution.sync", "sync"),
    "arn:aws:states:::states:startExecution.sync:2": Resource("states", "startExecution.sync:2", "sync"),
}
PARAMETERS = {  # required first
    "lambda": ("FunctionName", "Payload"),
    "states": ("StateMachineArn", "Input", "Name"),
}
FOREVER = 99_999_999
"""Seconds: AWS's limit of every time-out, and the default of a Task's."""

Until = Callable[[Any, Any, float], float]


@dataclass(frozen=True, kw_only=True)
class State:
    """`next` None ends the branch. `input` and `output` read by InputPath and OutputPath."""

    name: str
    next: str | None
    input: Reader
    output: Reader

    @property
    def type(self) -> str:
        return type(self).__name__


@dataclass(frozen=True, kw_only=True)
class Retrier:
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
    place: Callable[[Any, Any], Any]


@dataclass(frozen=True, kw_only=True)
class Pass(State):
    parameters: Reader
    place: Callable[[Any, Any], Any]


@dataclass(frozen=True, kw_only=True)
class Guarded(State):
    """A state that yields a result and may be retried and caught."""

    parameters: Reader
    select: Reader
    place: Callable[[Any, Any], Any]
    retry: tuple[Retrier, ...]
    catch: tuple[Catcher, ...]


@dataclass(frozen=True, kw_only=True)
class Task(Guarded):
    """`timeout` and `heartbeat` answer seconds or None."""

    resource: Resource
    timeout: Reader
    heartbeat: Reader


@dataclass(frozen=True, kw_only=True)
class Parallel(Guarded):
    branches: "tuple[Machine, ...]"


@dataclass(frozen=True, kw_only=True)
class Choice(State):
    rules: tuple[tuple[Predicate, str], ...]


@dataclass(frozen=True, kw_only=True)
class Wait(State):
    """`until(data, context, now)` in epoch seconds."""

    until: Until


@dataclass(frozen=True, kw_only=True)
class Succeed(State):
    pass


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
    fields = _Fields(document, "")
    fields.allow(MACHINE_FIELDS)
    fields.require_json_path()
    return _machine(fields, seen=set())


class _Fields:
    """An object of the definition and its place in it; whatever it is asked for and can't answer, it refuses."""

    def __init__(self, value: Any, at: str) -> None:
        self.at = at or "/"
        self._prefix = at
        if not isinstance(value, dict):
            raise DefinitionError(self.at, "An object is expected")
        self.value: dict[str, Any] = value

    def refuse(self, reason: str, field: str | None = None) -> NoReturn:
        raise DefinitionError(self.at if field is None else f"{self._prefix}/{field}", reason)

    def allow(self, names: str) -> None:
        for name in self.value:
            if name not in names.split():
                self.refuse(f"Field is not supported, only {names}", name)

    def require_json_path(self) -> None:
        if self.value.get("QueryLanguage", "JSONPath") != "JSONPath":
            self.refuse("Only the query language JSONPath is supported", "QueryLanguage")

    def text(self, name: str, default: str | None = None) -> str:
        value = self.value.get(name, default)
        if value is None:
            self.refuse(f"These fields are required: [{name}]")
        if not isinstance(value, str):
            self.refuse("A string is expected", name)
        return value

    def number(self, name: str, least: float, most: float, default: float | None = None) -> Any:
        value = self.value.get(name, default)
        if value is None and name not in self.value:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            self.refuse(f"A number from {least:g} to {most:g} is expected", name)
        return value

    def integer(self, name: str, least: int, most: int, default: int | None = None) -> int | None:
        value = self.number(name, least, most, default)
        if isinstance(value, float):
            self.refuse("An integer is expected", name)
        return value  # type: ignore[no-any-return]

    def objects(self, name: str, *, needed: bool = False) -> "Iterator[_Fields]":
        value = self.value.get(name, [])
        if not isinstance(value, list):
            self.refuse("An array is expected", name)
        if needed and not value:
            self.refuse("Value cannot be empty", name)
        return (_Fields(item, f"{self._prefix}/{name}[{index}]") for index, item in enumerate(value))

    def compiled(self, name: str, compiler: Callable[[Any], Any]) -> Any:
        try:
            return compiler(self.value[name])
        except ValueError as error:
            self.refuse(str(error), name)

    def path(self, name: str, compiler: Callable[[str], Reader] = compile_path) -> Reader:
        self.text(name)
        read: Reader = self.compiled(name, compiler)
        return read

    def in_out(self, name: str) -> Reader:
        """InputPath or OutputPath: the whole by default, an empty object for null."""
        if name not in self.value:
            return compile_path("$")
        return constant({}) if self.value[name] is None else self.path(name)

    def template(self, name: str) -> Reader:
        if name not in self.value:
            return compile_path("$")
        _Fields(self.value[name], f"{self._prefix}/{name}")
        read: Reader = self.compiled(name, compile_template)
        return read

    def result_path(self) -> Callable[[Any, Any], Any]:
        if "ResultPath" in self.value and self.value["ResultPath"] is None:
            return lambda document, value: document
        place: Callable[[Any, Any], Any] = (
            self.path("ResultPath", compile_reference) if ("ResultPath" in self.value) else compile_reference("$")
        )
        return place

    def one_of(self, *names: str, needed: bool = False) -> str | None:
        present = [name for name in names if name in self.value]
        if len(present) > 1 or (needed and not present):
            self.refuse(f"{'Exactly' if needed else 'At most'} one of {', '.join(names)} is expected")
        return present[0] if present else None


def _machine(fields: _Fields, seen: set[str]) -> Machine:
    states_fields = _Fields(fields.value.get("States", {}), f"{fields._prefix}/States")
    if not states_fields.value:
        fields.refuse("These fields are required: [States]")
    states: dict[str, State] = {}
    for name, value in states_fields.value.items():
        at = _Fields(value, f"{states_fields.at}/{name}")
        if not 1 <= len(name) <= 80:
            at.refuse("A state's name has 1 to 80 characters")
        if name in seen:
            at.refuse("A state's name must be unique in the whole definition")
        seen.add(name)
        states[name] = _state(name, at, seen)
    machine = Machine(fields.text("StartAt"), states, fields.integer("TimeoutSeconds", 1, FOREVER))
    _check_targets(machine, fields, states_fields.at)
    return machine


def _check_targets(machine: Machine, fields: _Fields, at: str) -> None:
    if machine.start_at not in machine.states:
        fields.refuse(f"Missing target state: {machine.start_at}", "StartAt")
    reached: set[str] = set()
    waiting = [machine.start_at]
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached.add(name)
        for target in _targets(machine.states[name]):
            if target not in machine.states:
                raise DefinitionError(f"{at}/{name}", f"Missing target state: {target}")
            waiting.append(target)
    for name in machine.states:
        if name not in reached:
            raise DefinitionError(f"{at}/{name}", f'State "{name}" is not reachable')


def _targets(state: State) -> Iterator[str]:
    if state.next is not None:
        yield state.next
    if isinstance(state, Choice):
        yield from (target for _, target in state.rules)
    if isinstance(state, Guarded):
        yield from (catcher.next for catcher in state.catch)


def _state(name: str, fields: _Fields, seen: set[str]) -> State:
    kind = fields.text("Type")
    if kind not in FIELDS:
        fields.refuse(f"State type {kind} is not supported, only {', '.join(FIELDS)}", "Type")
    fields.require_json_path()
    fields.allow(FIELDS[kind])
    common: dict[str, Any] = {
        "name": name,
        "next": _next(fields) if TRANSITION in FIELDS[kind] else None,
        "input": fields.in_out("InputPath"),
        "output": fields.in_out("OutputPath"),
    }
    match kind:
        case "Task":
            return Task(**common, **_guarded(fields), **_task(fields))
        case "Parallel":
            branches = []
            for branch in fields.objects("Branches", needed=True):
                branch.allow(BRANCH_FIELDS)
                branches.append(_machine(branch, seen))
            return Parallel(**common, **_guarded(fields), branches=tuple(branches))
        case "Pass":
            result = fields.value.get("Result")
            parameters = fields.template("Parameters")
            return Pass(
                **common,
                parameters=constant(result) if "Result" in fields.value else parameters,
                place=fields.result_path(),
            )
        case "Choice":
            rules = [(_rule(rule), rule.text("Next")) for rule in fields.objects("Choices", needed=True)]
            common["next"] = fields.text("Default") if "Default" in fields.value else None
            return Choice(**common, rules=tuple(rules))
        case "Wait":
            return Wait(**common, until=_until(fields))
        case "Succeed":
            return Succeed(**common)
    return Fail(**common, error=_reason(fields, "Error"), cause=_reason(fields, "Cause"))


def _next(fields: _Fields) -> str | None:
    if fields.one_of("Next", "End", needed=True) == "Next":
        return fields.text("Next")
    if fields.value["End"] is not True:
        fields.refuse("End must be true", "End")
    return None


def _guarded(fields: _Fields) -> dict[str, Any]:
    retry = [_retrier(retrier) for retrier in fields.objects("Retry")]
    catch = [_catcher(catcher) for catcher in fields.objects("Catch")]
    for name, entries in (("Retry", retry), ("Catch", catch)):
        for index, entry in enumerate(entries, 1):
            if "States.ALL" in entry.errors and (len(entry.errors) > 1 or index < len(entries)):
                fields.refuse("States.ALL must stand alone and last", name)
    return {
        "parameters": fields.template("Parameters"),
        "select": fields.template("ResultSelector"),
        "place": fields.result_path(),
        "retry": tuple(retry),
        "catch": tuple(catch),
    }


def _retrier(fields: _Fields) -> Retrier:
    fields.allow("Comment ErrorEquals IntervalSeconds MaxAttempts BackoffRate MaxDelaySeconds JitterStrategy")
    interval = fields.integer("IntervalSeconds", 1, FOREVER, 1) or 1
    if fields.text("JitterStrategy", "NONE") not in ("FULL", "NONE"):
        fields.refuse("FULL or NONE is expected", "JitterStrategy")
    return Retrier(
        errors=_error_names(fields),
        interval=interval,
        max_attempts=fields.integer("MaxAttempts", 0, FOREVER, 3) or 0,
        backoff=fields.number("BackoffRate", 1, float("inf"), 2),
        max_delay=fields.integer("MaxDelaySeconds", interval + 1, 31_622_400) or float("inf"),
        jitter=fields.text("JitterStrategy", "NONE") == "FULL",
    )


def _catcher(fields: _Fields) -> Catcher:
    fields.allow("Comment ErrorEquals Next ResultPath")
    return Catcher(errors=_error_names(fields), next=fields.text("Next"), place=fields.result_path())


def _error_names(fields: _Fields) -> tuple[str, ...]:
    names = fields.value.get("ErrorEquals")
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        fields.refuse("A list of error names is expected", "ErrorEquals")
    return tuple(names)


def _rule(fields: _Fields) -> Predicate:
    return compile_rule(fields.value, fields.at)


def _task(fields: _Fields) -> dict[str, Any]:
    resource = RESOURCES.get(fields.text("Resource"))
    if resource is None:
        fields.refuse(f"Resource is not supported, only {', '.join(RESOURCES)}", "Resource")
    names = PARAMETERS[resource.type]
    given = _Fields(fields.value.get("Parameters", {}), f"{fields.at}/Parameters")
    for name in given.value:
        if name.removesuffix(".$") not in names:
            given.refuse(f"Parameter is not supported, only {', '.join(names)}", name)
    if given.one_of(names[0], f"{names[0]}.$") is None:
        given.refuse(f"These fields are required: [{names[0]}]")
    timeout, heartbeat = fields.value.get("TimeoutSeconds"), fields.value.get("HeartbeatSeconds")
    readers = {"timeout": _seconds(fields, "TimeoutSeconds"), "heartbeat": _seconds(fields, "HeartbeatSeconds")}
    if heartbeat is not None and timeout is not None and heartbeat >= timeout:
        fields.refuse("HeartbeatSeconds must be smaller than TimeoutSeconds", "HeartbeatSeconds")
    return {"resource": resource, **readers}


def _seconds(fields: _Fields, name: str) -> Reader:
    if fields.one_of(name, f"{name}Path") != f"{name}Path":
        return constant(fields.integer(name, 1, FOREVER))
    path, find = fields.text(f"{name}Path"), fields.path(f"{name}Path")

    def read(data: Any, context: Any) -> int:
        value = find(data, context)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= FOREVER:
            raise PathError(f"The {name}Path parameter does not reference a positive integer: {path} == {dumps(value)}")
        return value

    return read


def _until(fields: _Fields) -> Until:
    name = fields.one_of("Seconds", "SecondsPath", "Timestamp", "TimestampPath", needed=True)
    if name == "Seconds":
        seconds = fields.integer("Seconds", 0, FOREVER) or 0
        return lambda data, context, now: now + seconds
    if name == "Timestamp":
        when = timestamp(fields.text("Timestamp"))
        if when is None:
            fields.refuse("String does not match RFC3339 timestamp", "Timestamp")
        return lambda data, context, now: when
    path, find = fields.text(str(name)), fields.path(str(name))

    def until_seconds(data: Any, context: Any, now: float) -> float:
        value = find(data, context)
        if isinstance(value, bool) or not isinstance(value, int):
            raise PathError(f"The SecondsPath parameter cannot be parsed as a long value: {path} == {dumps(value)}")
        if value < 0:
            raise PathError(f"The SecondsPath parameter references a negative value: {path} == {value}")
        return now + value

    def until_timestamp(data: Any, context: Any, now: float) -> float:
        value = find(data, context)
        when = timestamp(value)
        if when is None:
            raise PathError(
                "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format "
                f"string: {path} == {value}"
            )
        return when

    return until_seconds if name == "SecondsPath" else until_timestamp


def _reason(fields: _Fields, name: str) -> Reader:
    """Error or Cause of a Fail state: a constant, a path or a call that answers a string, or nothing."""
    if fields.one_of(name, f"{name}Path") != f"{name}Path":
        return constant(fields.text(name) if name in fields.value else None)
    find = located(fields.path(f"{name}Path", compile_expression), f"{name}Path")

    def read(data: Any, context: Any) -> str:
        value = find(data, context)
        if not isinstance(value, str):
            raise PathError(f"The field '{name}Path' must reference a string, not {dumps(value)}")
        return value

    return read
