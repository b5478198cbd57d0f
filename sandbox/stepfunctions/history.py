"""What happened in an execution, as GetExecutionHistory tells it.

An event's id counts from 1; `previousEventId` is the event before it in its own branch, 0 at the start. The details
stand in the member that botocore's model has for the type; a type without one (TaskStateAborted, ParallelStateStarted,
...) has none.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

LIMIT = 25_000
"""Events; one that would need more ends as FAILED with its last one."""

UNINCLUDED = {"input", "inputDetails", "output", "outputDetails"}

Details = dict[str, Any]


class HistoryFull(Exception):
    """Only the execution's end still has room."""


class History:
    """Events in their order, kept small: a tuple each, put into AWS's shape when read."""

    def __init__(self) -> None:
        self._events: list[tuple[float, str, int, Details | None]] = []

    def __len__(self) -> int:
        return len(self._events)

    def add(self, time: float, kind: str, previous: int, details: Details | None = None, *, last: bool = False) -> int:
        """The new event's id. Raises HistoryFull when but one place is left and this is not the `last` event."""
        if len(self._events) >= LIMIT - 1 and not last:
            raise HistoryFull
        self._events.append((time, kind, previous, details))
        return len(self._events)

    def read(self, ids: range, *, data: bool) -> Iterator[dict[str, Any]]:
        """botocore's HistoryEvent for each id; without `data` no inputs and outputs."""
        for number in ids:
            time, kind, previous, details = self._events[number - 1]
            event = {"timestamp": utc(time), "type": kind, "id": number, "previousEventId": previous}
            if details is not None:
                shown = details if data else {k: v for k, v in details.items() if k not in UNINCLUDED}
                if not data and "parameters" in shown:
                    shown["parameters"] = ""
                event[_member(kind)] = shown
            yield event


def utc(time: float) -> datetime:
    """Epoch seconds as AWS gives them, to the millisecond."""
    return datetime.fromtimestamp(round(time, 3), UTC)


def given(text: str, way: str = "output") -> Details:
    """`way`: 'input' or 'output'."""
    return {way: text, f"{way}Details": {"truncated": False}}


def reason(error: str | None, cause: str | None) -> Details:
    """Error and cause, where there are any."""
    return {name: text for name, text in (("error", error), ("cause", cause)) if text is not None}


def _member(kind: str) -> str:
    for moment in ("StateEntered", "StateExited"):
        if kind.endswith(moment):
            return f"s{moment[1:]}EventDetails"
    return f"{kind[0].lower()}{kind[1:]}EventDetails"
