"""`showrunner up` and `showrunner demo`: the embedded AWS, a program of its own."""

import importlib.util
import os
import sys

import typer

from showrunner.cli.errors import Misuse

# Everything behind the name is the sandbox's to read, --help too.
PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def up(context: typer.Context) -> None:
    """Run the embedded AWS with the stack in it, until Ctrl-C."""
    _become("up", context.args)


def demo(context: typer.Context) -> None:
    """Run a whole session with real video, and check it."""
    _become("demo", context.args)


def _become(command: str, arguments: list[str]) -> None:
    if importlib.util.find_spec("sandbox") is None:
        raise Misuse("The sandbox is not installed. Install it: pip install 'showrunner[sandbox]'")
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "sandbox", command, *arguments])
