"""One fault in one show: which call in which state fails and how, or what becomes of an event."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from sandbox.errors import AwsError
from sandbox.stepfunctions import InvokeOutcome, Refused
from sandbox.stepfunctions.messages import WHOLE, TimeUp
from showrunner.aws import _CONFIG
from tests.simulation.lambdas import EXITED
from tests.simulation.world import Event, NoFaults, World

LASTS = 900.0
"""Seconds that a repeated fault lasts from the first time it strikes: then somebody has mended it, or AWS has."""
LATE = 90.0
EARLY = 2.0

# What a call of a function's to AWS comes to.
CALLS = (
    "error-before",  # an internal error, and nothing was done; also when it is tried again
    "error-after",  # the same although it was done
    "lost-answer",  # it was done, and the connection broke; the next try gets through
    "throttled",
    "denied",
    "timed-out",  # done, and no answer
    "killed-before",  # the function is gone
    "killed-after",
)
# Those that a call comes to that is not the first of its name in the state: a part of the work is done then.
LATER = ("error-after", "lost-answer", "killed-before", "killed-after")
# What the machine's own call comes to: to run a function, to start an execution.
INVOKES = ("refused", "throttled", "denied", "lost-answer")
# What becomes of an execution while it is in a state.
ENDS = ("aborted", "timed-out-execution")
# What becomes of an event.
EVENTS = ("lost", "doubled", "late", "early", "out-of-order", "into-the-next-attempt")

THROTTLED = {
    "medialive": ("TooManyRequestsException", 429),
    "dynamodb": ("ProvisionedThroughputExceededException", 400),
    "s3": ("SlowDown", 503),
    "service-quotas": ("TooManyRequestsException", 400),
}
INTERNAL = {
    "medialive": "InternalServerErrorException",
    "ivs": "InternalServerException",
    "s3": "InternalError",
    "dynamodb": "InternalServerError",
    "service-quotas": "ServiceException",
}
DENIED = {"medialive": "ForbiddenException", "s3": "AccessDenied"}


@dataclass(frozen=True)
class Case:
    """`show` is a life of `lives`; `where` a state (`session/Plan`), a reaction or a request; `what` a call, an event
    (`MediaLive Channel State Change RUNNING #1`) or `execution`. `nth`: which of the calls of that name in the state.
    """

    show: str
    where: str
    what: str
    kind: str
    again: bool = False
    nth: int = 1

    @property
    def times(self) -> str:
        return "again" if self.again else "once" if self.nth == 1 else f"call-{self.nth}"

    @property
    def id(self) -> str:
        return ":".join([self.show, self.where, self.what, self.kind, self.times])


@dataclass
class Struck(NoFaults):
    """A plan with one fault. `began`: when it first struck; None if it did not."""

    case: Case
    at: float = 0.0  # when the event of the case comes, in a show without faults
    copy: Event = field(default_factory=dict)
    began: float | None = None
    last: float = 0.0
    _victim: Any = None
    _calls: int = 0
    _seen: dict[str, int] = field(default_factory=dict)
    _held: Event | None = None

    def attach(self, world: World) -> None:
        self._world = world
        if self.case.kind == "early":
            world.clock.call_later(max(0.0, self.at - world.clock.time() - EARLY), self._come_early)

    def _come_early(self) -> None:
        self.began = self.last = self._world.clock.time()
        self._world.deliver(self.copy)

    def strikes(self, where: str, what: str, tried: int = 1) -> bool:
        """Whether this call is the one, the `nth`, and the tries that belong to it; or all for a while."""
        if (where, what) != (self.case.where, self.case.what):
            return False
        self._calls += tried == 1
        if self._calls < self.case.nth:
            return False
        now, running = self._world.clock.time(), self._world.functions.running
        if self.began is None:
            self.began, self._victim = now, running
        elif self.case.again:
            if now > self.began + LASTS:
                return False
        elif tried == 1 or running is not self._victim:
            self._victim = None  # that call is over
            return False
        self.last = now
        return True

    def carry(self, where: str, call: str, tried: int, act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        if not self.strikes(where, call, tried):
            return act()
        service, _, operation = call.partition(".")
        internal = AwsError(INTERNAL.get(service, "InternalServerException"), "We encountered an internal error", 500)
        match self.case.kind:
            case "error-before":
                raise internal
            case "error-after":
                if tried == 1:
                    act()
                raise internal
            case "lost-answer":
                if tried > 1:
                    return act()
                act()
                raise ConnectionClosedError(endpoint_url="https://aws.example")
            case "throttled":
                code, status = THROTTLED.get(service, ("ThrottlingException", 400))
                raise AwsError(code, "Rate exceeded", status)
            case "denied":
                code = DENIED.get(service, "AccessDeniedException")
                raise AwsError(code, f"User: u is not authorized to perform: {service}:{operation}", 403)
            case "timed-out":
                act()
                self._world.pause(float(_CONFIG.read_timeout))  # type: ignore[attr-defined]
                raise ReadTimeoutError(endpoint_url="https://aws.example")
            case "killed-before" | "killed-after":
                if self.case.kind == "killed-after":
                    act()
                self._world.functions.kill(self._world.functions.running, EXITED)  # type: ignore[arg-type]
        raise AssertionError(self.case.kind)

    def invoke(self, where: str) -> InvokeOutcome | Literal["lost"] | None:
        if self.case.what == "execution" and where == self.case.where and self.began is None:
            self._end_execution()
            return None
        call = "stepfunctions.StartExecution" if self.case.what.startswith("stepfunctions") else "lambda.Invoke"
        if self.case.kind not in INVOKES or not self.strikes(where, call):
            return None
        match self.case.kind:
            case "refused":
                code = "AWSStepFunctionsException" if "/Cleanup" in where else "ServiceException"
                return Refused(code, "The service encountered an error", 500)
            case "throttled":
                code = "ThrottlingException" if "/Cleanup" in where else "TooManyRequestsException"
                return Refused(code, "Rate Exceeded", 429)
            case "denied":
                return Refused("AccessDeniedException", "The role may not do that", 403)
        return "lost"

    def deliver(self, event: Event) -> list[float]:
        name = name_of(event)
        self._seen[name] = self._seen.get(name, 0) + 1
        if self._held is not None and self._held["resources"] == event["resources"]:
            held, self._held = self._held, None
            self._world.clock.call_later(1.0, lambda: self._world.deliver(held))
        if f"{name} #{self._seen[name]}" != self.case.what:
            return [0.0]
        self.began = self.last = self._world.clock.time()
        match self.case.kind:
            case "lost" | "early":
                return []
            case "doubled":
                return [0.0, 0.5]
            case "late":
                return [LATE]
            case "out-of-order":
                self._held = event
            case "into-the-next-attempt":
                self._world.kept.append(event)
        return []

    def _end_execution(self) -> None:
        """While the state's function runs."""
        world = self._world
        self.began = self.last = world.clock.time()
        machine = self.case.where.partition("/")[0]
        run = world.executions(machine, "RUNNING")[-1]

        def end() -> None:
            if self.case.kind == "aborted":
                world.engine.stop_execution({"executionArn": run.arn}, None)
            elif run.live is not None:
                run.live.inbox.append((WHOLE, TimeUp("timeout")))
                world.engine._deliver(run)

        world.clock.call_later(0.05, end)


def name_of(event: Event) -> str:
    """`MediaLive Channel State Change RUNNING`: what kind of event it is."""
    detail = event["detail"]
    what = detail.get("state") or detail.get("event_name") or detail.get("status") or detail.get("alarm_state") or ""
    machine = detail.get("stateMachineArn", "").rpartition("-")[2]
    return " ".join(part for part in (event["detail-type"], what, machine) if part)
