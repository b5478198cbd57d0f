"""What functions write into their logs."""

import json
from typing import Any

import pytest

from showrunner import clock
from showrunner.observability import count, logger


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_line_has_what_is_said_and_what_is_named_with_it(capsys: pytest.CaptureFixture[str]) -> None:
    logger.warning("100 %", session_id="show", attempt=2, error=ValueError("odd"))
    logger.debug("nobody reads this")
    (line,) = lines(capsys)
    assert line.pop("timestamp")[-6:] == "+00:00"
    assert line.pop("location").startswith("test_observability.test_a_line_has_what")
    assert line == {"level": "WARNING", "message": "100 %", "session_id": "show", "attempt": 2, "error": "odd"}


def test_an_exception_is_one_line_with_its_trace(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise LookupError("nothing there")
    except LookupError:
        logger.exception("unhandled", path="/sessions")
    (line,) = lines(capsys)
    assert (line["level"], line["message"], line["path"]) == ("ERROR", "unhandled", "/sessions")
    assert line["exception"].startswith("Traceback")
    assert line["exception"].endswith("LookupError: nothing there")


def test_figures_are_a_line_in_the_embedded_metric_format(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its specification: CloudWatch User Guide, 'Embedded metric format specification'."""
    monkeypatch.setenv("SHOWRUNNER_STAGE", "prod")
    before = int(clock.time() * 1000)
    count({"SweepFinds": 3, "SweepFailures": 0})
    (line,) = lines(capsys)
    about = line.pop("_aws")
    assert before <= about.pop("Timestamp") <= clock.time() * 1000
    names = [{"Name": "SweepFinds", "Unit": "Count"}, {"Name": "SweepFailures", "Unit": "Count"}]
    directive = {"Namespace": "Showrunner", "Dimensions": [["service"]], "Metrics": names}
    assert about == {"CloudWatchMetrics": [directive]}
    assert line == {"service": "prod", "SweepFinds": 3, "SweepFailures": 0}
