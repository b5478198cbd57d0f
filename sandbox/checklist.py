"""A list of what was seen: each thing gets its tick when it is there, and the first that is not ends it."""

import time
from collections.abc import Callable
from typing import TypeVar

from rich.console import Console
from rich.text import Text

T = TypeVar("T")
LOOK_SECONDS = 0.3


class NotSeen(Exception):
    """What should have been there was not."""

    def __init__(self, what: str, expected: str, seen: str) -> None:
        super().__init__(what)
        self.what, self.expected, self.seen = what, expected, seen


class Checklist:
    """Prints what is seen, as it is seen."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def chapter(self, title: str) -> None:
        self.console.print()
        self.console.print(title, style="bold")

    def tick(self, text: str) -> None:
        self.console.print(Text.assemble(("  ✔ ", "green"), text), soft_wrap=True)

    def cross(self, text: str, *more: str) -> None:
        self.console.print(Text.assemble(("  ✗ ", "bold red"), text), soft_wrap=True)
        for line in more:
            self.console.print(f"    {line}", soft_wrap=True)

    def note(self, text: str) -> None:
        self.console.print(f"    {text}", style="dim", soft_wrap=True)

    def expect(self, what: str, expected: object, seen: object, met: bool | None = None) -> None:
        """A tick if `seen` is `expected`, or if `met` says that it will do."""
        if not (seen == expected if met is None else met):
            raise NotSeen(what, str(expected), str(seen))
        self.tick(what)

    def eventually(self, what: str, look: Callable[[], T | None], within: float, expected: str) -> T:
        """Look again and again; NotSeen after `within` seconds."""
        deadline = time.monotonic() + within
        with self.console.status(what):
            while (seen := look()) is None:
                if time.monotonic() > deadline:
                    raise NotSeen(what, expected, f"nothing of it within {within:.0f} s")
                time.sleep(LOOK_SECONDS)
        return seen
