"""How a definition is refused and how a state fails.

What ErrorEquals matches (ASL; AWS's guide 'Handling errors'; and as recorded on AWS where the two differ):
- `States.Runtime` is matched by nothing, not even by its own name;
- `States.ALL` matches every other error, `States.DataLimitExceeded` and errors without a name included;
- `States.TaskFailed` matches every other error but `States.Timeout`;
- a missed heartbeat is a `States.Timeout` that `States.HeartbeatTimeout` matches too.
"""

from collections.abc import Collection


class DefinitionError(ValueError):
    """A machine that can't run here: `path` is the place in the definition, `reason` what is wrong there."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{reason} at {path}")
        self.path = path
        self.reason = reason


class PathError(Exception):
    """A state can't read its data; its message becomes the cause of a `States.Runtime`."""


class StateFailure(Exception):
    """A state failed: the ASL error name and the cause, cut to AWS's lengths, each None where nobody gave one."""

    def __init__(self, error: str | None, cause: str | None, *, heartbeat: bool = False) -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error and error[:256]
        self.cause = cause and cause[:32_768]
        self.heartbeat = heartbeat

    def matches(self, names: Collection[str]) -> bool:
        if self.error == "States.Runtime":
            return False
        return (
            self.error in names
            or "States.ALL" in names
            or ("States.TaskFailed" in names and self.error != "States.Timeout")
            or (self.heartbeat and "States.HeartbeatTimeout" in names)
        )


def too_large(what: str) -> StateFailure:
    """`what`: the state's name, or 'lambda' for the result of its task (as recorded on AWS)."""
    return StateFailure(
        "States.DataLimitExceeded",
        f"The state/task '{what}' returned a result with a size exceeding the maximum number of bytes service limit.",
    )
