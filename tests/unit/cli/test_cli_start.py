"""The command line is there at once, and hands the sandbox's commands on."""

import os
import subprocess
import sys

import pytest
from fake_api import Run

HEAVY = ("boto3", "botocore", "httpx", "chalice", "rich", "av", "numpy", "infra", "sandbox", "workflows")


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys\n"
        "from showrunner.cli import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: pass\n"
        f"print(*(name for name in {HEAVY} if name in sys.modules), file=sys.stderr)\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20)
    assert "Runs live-stream sessions on AWS" in ran.stdout
    assert ran.stderr.strip() == ""


@pytest.mark.parametrize("command", ["up", "demo"])
def test_the_sandbox_gets_all_arguments(run: Run, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    became: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _, arguments: became.append(arguments))
    assert run(command, "--port", "0", "--help", "-x").exit_code == 0
    assert became == [[sys.executable, "-m", "sandbox", command, "--port", "0", "--help", "-x"]]


def test_the_sandbox_is_not_installed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    result = run("up")
    assert result.exit_code == 2
    assert "pip install 'showrunner[sandbox]'" in result.stderr
