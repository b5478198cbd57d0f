"""`showrunner demo`: it passes, it tells no secret, and where something is missing it says what."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import demo
from sandbox.checklist import Checklist, NotSeen

ROOT = Path(__file__).parents[2]


def test_everything_is_seen() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "sandbox", "demo", "--seconds", "3"],
        capture_output=True,
        text=True,
        timeout=180,
        cwd=ROOT,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "All of it was seen" in ran.stdout
    for part in (
        "The viewer sees the slate",
        "On air: host, ",
        "The viewer hears the host's tone",
        "On air: slate, ",
        "Who plays it sees the slate, then the host, then the slate",
        "Who plays that film hears the host's tone",
        "segments carry the tag",
        "IVS has no channel",
        "25 state transit",
        "signs in there, and sees the show",
    ):
        assert part in ran.stdout
    assert not re.search(r"rtmps?://|\bsk_|eyJ", ran.stdout + ran.stderr)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (NotSeen("IVS has no channel", "[]", "['arn']"), ["✗ IVS has no channel", "expected: []", "seen:     ['arn']"]),
        (RuntimeError("the sandbox did not come up"), ["✗ RuntimeError: the sandbox did not come up"]),
    ],
)
def test_something_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception, told: list[str]
) -> None:
    def fail(checks: Checklist, directory: Path, on_air: float) -> None:
        raise error

    monkeypatch.setattr(demo, "_run", fail)
    monkeypatch.setattr(demo.signal, "signal", lambda *_: None)
    assert demo.main([]) == 1
    shown = capsys.readouterr().out
    assert [line in shown for line in told] == [True] * len(told)
    assert "Traceback" not in shown
    log = re.search(r"are in (\S+)", shown)
    assert log
    shutil.rmtree(log[1])


def test_what_takes_too_long_is_not_seen(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.console import Console

    checks = Checklist(Console())
    assert checks.eventually("a number", lambda: 7, within=0.0, expected="one") == 7
    with pytest.raises(NotSeen, match="a number") as caught:
        checks.eventually("a number", lambda: None, within=0.0, expected="one")
    assert caught.value.expected == "one"
