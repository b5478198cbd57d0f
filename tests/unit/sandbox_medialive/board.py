"""A schedule in virtual time with an encoder that only takes notes."""

from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.clock import VirtualClock
from sandbox.errors import AwsError
from sandbox.medialive.actions import Abilities, Action, Attached
from sandbox.medialive.schedule import Schedule
from tests.contract.medialive_requests import fixed

ABLE = Abilities(
    inputs={
        "host": Attached(),
        "callers": Attached(),
        "jingle": Attached(followable=True),
        "tracks": Attached(dynamic=True, followable=True),
        "slate": Attached(),
    },
    outputs=frozenset({"ivs", "rec"}),
    prepares=True,
    tags=True,
    metadata=True,
    output_images=True,
)


class Board:
    """`done` is what the encoder got: (seconds since the start, name); `withdrawn` what it was to forget."""

    def __init__(self, can: Abilities = ABLE) -> None:
        self.can = can
        self.clock = VirtualClock()
        self.origin = self.clock.time()
        self.board = Schedule(self.clock)
        self.done: list[tuple[float, str]] = []
        self.withdrawn: list[str] = []

    # The encoder

    def schedule(self, action: Action) -> None:
        self.done.append((round(self.clock.time() - self.origin, 3), action["ActionName"]))

    def unschedule(self, names: list[str]) -> None:
        self.withdrawn += names

    # The channel

    def start(self, *, again: bool = False) -> str | None:
        """The switch that is on air first."""
        first = self.board.open(again=again)
        self.board.run(self)
        return str(first["ActionName"]) if first else None

    def stop(self) -> None:
        self.board.rest()

    def recover(self) -> str | None:
        self.board.pause()
        return self.start(again=True)

    # The user

    def at(self, seconds: float) -> dict[str, Any]:
        moment = datetime.fromtimestamp(self.origin + seconds, UTC)
        return fixed(moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"))

    def create(self, *actions: Action, deletes: tuple[str, ...] = ()) -> list[Action]:
        return self.board.update(list(actions), deletes, self.can)

    def names(self) -> list[str]:
        return [action["ActionName"] for action in self.board.actions()]

    def handed(self) -> list[str]:
        return [name for _, name in self.done]

    def refused(self, *actions: Action, deletes: tuple[str, ...] = ()) -> dict[str, str]:
        """Path -> message; nothing may have changed."""
        before = self.names()
        with pytest.raises(AwsError) as error:
            self.create(*actions, deletes=deletes)
        assert (error.value.code, error.value.status) == ("UnprocessableEntityException", 422)
        assert self.names() == before
        return {each["ElementPath"]: each["ErrorMessage"] for each in error.value.members["ValidationErrors"]}
