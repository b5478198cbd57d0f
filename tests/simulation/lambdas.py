"""Functions that run at the same time, on one thread and on virtual time.

Each is a greenlet. It gives way wherever it calls AWS or sleeps, and whatever is due meanwhile runs: so two functions
meet as they do on AWS, and the seed says how. A function is over when it returns, raises, is killed, or has taken
longer than it may.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from greenlet import GreenletExit, getcurrent, greenlet

from sandbox.clock import Timer, VirtualClock
from sandbox.stepfunctions import InvokeOutcome, Raised, Returned

EXITED = {
    "errorType": "Runtime.ExitError",
    "errorMessage": "RequestId: 1 Error: Runtime exited with error: signal: killed",
}


@dataclass(eq=False)
class Function:
    """One run of a function; `where` names the state or the event that it runs for."""

    name: str
    where: str
    body: greenlet
    done: Callable[[InvokeOutcome], None]
    calls: list[str] = field(default_factory=list)
    over: bool = False
    timer: Timer | None = None


class Functions:
    """What runs; `running` is the one that has the thread."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.running: Function | None = None
        self._all: set[Function] = set()
        self._hub = getcurrent()

    def run(
        self, name: str, where: str, seconds: float, work: Callable[[], Any], done: Callable[[InvokeOutcome], None]
    ) -> Function:
        """Begin `work` on the clock's next turn; it may take so many seconds."""

        def body() -> None:
            try:
                outcome: InvokeOutcome = Returned(work())
            except Exception as error:
                outcome = Raised({"errorType": type(error).__name__, "errorMessage": str(error)})
            self._end(function, outcome)

        function = Function(name, where, greenlet(body, self._hub), done)
        self._all.add(function)
        timed_out = {
            "errorType": "Sandbox.Timedout",
            "errorMessage": f"RequestId: 1 Error: Task timed out after {seconds:.2f} seconds",
        }
        function.timer = self.clock.call_later(seconds, lambda: self.kill(function, timed_out))
        self.clock.call_later(0, lambda: self._resume(function))
        return function

    def kill(self, function: Function, why: dict[str, Any] = EXITED) -> None:
        """It ends here, and does nothing any more; what it did stays."""
        if not function.over:
            self._end(function, Raised(why))
        if function.body is getcurrent():
            raise GreenletExit
        if function.body:  # it has begun, and not ended
            before, self.running = self.running, function
            try:
                function.body.throw(GreenletExit)
            finally:
                self.running = before

    def close(self) -> None:
        """End all that still run."""
        for function in list(self._all):
            self.kill(function)

    def give_way(self, seconds: float) -> None:
        """Let others run for so long. Outside of a function, let the time pass."""
        function = self.running
        if function is None or function.body is not getcurrent():
            self.clock.advance(seconds)
            return
        self.clock.call_later(seconds, lambda: self._resume(function))
        self._hub.switch()

    def _resume(self, function: Function) -> None:
        if function.over:
            return
        before, self.running = self.running, function
        try:
            function.body.switch()
        finally:
            self.running = before

    def _end(self, function: Function, outcome: InvokeOutcome) -> None:
        if function.over:
            return
        function.over = True
        self._all.discard(function)
        if function.timer is not None:
            function.timer.cancel()
        self.clock.call_later(0, lambda: function.done(outcome))


class FunctionsClock:
    """`showrunner.clock.Clock` for what runs in functions."""

    def __init__(self, functions: Functions) -> None:
        self._functions = functions

    def time(self) -> float:
        return self._functions.clock.time()

    def sleep(self, seconds: float) -> None:
        self._functions.give_way(seconds)
