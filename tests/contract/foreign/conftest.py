"""Programs that others wrote: installed where they are missing, in a place of their own."""

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
AWSCLI = "awscli==1.46.3"
Cli = Callable[..., Any]


def quietly(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False, timeout=300).returncode == 0


@pytest.fixture(scope="session")
def aws_program() -> Path:
    """The AWS CLI from PyPI. It pins another botocore, so it has an environment of its own under build/."""
    home = ROOT / "build" / AWSCLI.replace("==", "-")
    program, python = home / "bin" / "aws", str(home / "bin" / "python")
    if program.exists():
        return program
    if uv := shutil.which("uv"):
        made = quietly(uv, "venv", "--python", sys.executable, str(home))
        made = made and quietly(uv, "pip", "install", "--python", python, AWSCLI)
    else:
        made = quietly(sys.executable, "-m", "venv", "--without-pip", str(home))
        made = made and quietly(sys.executable, "-m", "pip", "--python", python, "install", "--no-compile", AWSCLI)
    if not made:
        shutil.rmtree(home, ignore_errors=True)
        pytest.fail(f"{AWSCLI} could not be installed from PyPI", pytrace=False)
    return program


@pytest.fixture(scope="session")
def _librtmp() -> None:
    """Debian's librtmp."""
    for attempt in range(2):
        try:
            ctypes.CDLL("librtmp.so.1")
            return
        except OSError:
            if attempt == 0 and os.geteuid() == 0 and shutil.which("apt-get"):
                quietly("apt-get", "install", "--yes", "--no-install-recommends", "librtmp1")
    pytest.fail("librtmp is missing: apt-get install librtmp1", pytrace=False)
