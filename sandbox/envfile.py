"""The file of shell lines that `--env-file` writes: how a shell, or a test, gets at a running sandbox."""

import os
import shlex
import tempfile
from collections.abc import Mapping
from pathlib import Path


def write_env_file(path: Path, env: Mapping[str, str]) -> None:
    """`export NAME=value` lines, all at once, for the owner's eyes only (the token is a secret)."""
    lines = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in env.items())
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mode 600
    with os.fdopen(handle, "w") as file:
        file.write(lines)
    os.replace(temporary, path)


def read_env_file(path: Path) -> dict[str, str]:
    """The variables of a file that `write_env_file` wrote."""
    words = (shlex.split(line)[1] for line in path.read_text().splitlines())
    return dict(word.split("=", 1) for word in words)
