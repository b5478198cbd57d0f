"""What an execution asks for (commands) and what it is told (outcomes).

`handle` is the number of what it waits for; alarms are 'wait', 'timeout' and 'heartbeat'; times are epoch seconds.
"""

from typing import Any, NamedTuple

WHOLE = 0
"""The execution's own handle."""


# What an execution wants done.
class InvokeFunction(NamedTuple):
    handle: int
    function: str
    payload: Any


class StartChild(NamedTuple):
    """Start `machine` with `input` (JSON text); tell ChildStarted or Refused, and with `sync` its ChildEnded."""

    handle: int
    machine: str
    name: str | None
    input: str
    sync: bool


class AwaitToken(NamedTuple):
    handle: int
    token: str


class WakeAt(NamedTuple):
    """Tell TimeUp(alarm) at `when`; takes the place of an earlier one with the same handle and alarm."""

    handle: int
    alarm: str
    when: float


class Release(NamedTuple):
    """Nothing more is wanted for this handle: cancel its alarms, refuse its token, stop its child."""

    handle: int


class Finished(NamedTuple):
    """`output` is JSON text, for SUCCEEDED only."""

    status: str
    output: str | None = None
    error: str | None = None
    cause: str | None = None


Command = InvokeFunction | StartChild | AwaitToken | WakeAt | Release | Finished


# What it is told.
class Returned(NamedTuple):
    """The function's result, a JSON value."""

    payload: Any


class Raised(NamedTuple):
    """The function failed: Lambda's payload with errorMessage and, where the runtime knew it, errorType."""

    error: dict[str, Any]


class Refused(NamedTuple):
    """AWS refused the call: `code` as the service names it, e.g. ResourceNotFoundException."""

    code: str
    message: str
    status: int = 400


InvokeOutcome = Returned | Raised | Refused


class ChildStarted(NamedTuple):
    arn: str
    time: float


class ChildEnded(NamedTuple):
    """DescribeExecution's answer, keys capitalised and times in milliseconds."""

    description: dict[str, Any]


class TokenSucceeded(NamedTuple):
    output: Any


class TokenFailed(NamedTuple):
    error: str | None
    cause: str | None


class Heartbeat(NamedTuple):
    """The task is alive: its heartbeat begins anew."""


class TimeUp(NamedTuple):
    alarm: str


class Begin(NamedTuple):
    """The first turn, for the handle WHOLE."""


Outcome = InvokeOutcome | ChildStarted | ChildEnded | TokenSucceeded | TokenFailed | Heartbeat | TimeUp | Begin
