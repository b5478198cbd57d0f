"""Logs and metrics: each a line of JSON on standard output, and with it ids and states, never a secret."""

import json
import logging
from collections.abc import MutableMapping
from typing import Any

from showrunner import clock
from showrunner.settings import settings


class _Lines(logging.Handler):
    """Writes what is said, and what was named with it; of an exception the trace."""

    def emit(self, record: logging.LogRecord) -> None:
        line = {
            "level": record.levelname,
            "location": f"{record.module}.{record.funcName}:{record.lineno}",
            "message": record.getMessage(),
            "timestamp": clock.now().isoformat(timespec="milliseconds"),
            **record.__dict__["named"],
        }
        if record.exc_info:
            line["exception"] = logging.Formatter().formatException(record.exc_info)
        _write(line)


class _Logger(logging.LoggerAdapter[logging.Logger]):
    """`logger.warning("not tagged", session_id=...)`: any names may stand beside the message."""

    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, MutableMapping[str, Any]]:
        return msg, {"exc_info": kwargs.pop("exc_info", None), "extra": {"named": kwargs}}


def _logger() -> _Logger:
    under = logging.getLogger("showrunner")
    under.setLevel(logging.INFO)
    under.propagate = False  # Lambda's own handler would write each line again
    under.addHandler(_Lines())
    return _Logger(under)


logger = _logger()


def count(figures: dict[str, float], unit: str = "Count") -> None:
    """Metrics of the stage, by their names in CloudWatch, which reads them in the log (its embedded metric format)."""
    directive = {
        "Namespace": "Showrunner",
        "Dimensions": [["service"]],
        "Metrics": [{"Name": name, "Unit": unit} for name in figures],
    }
    about = {"Timestamp": int(clock.time() * 1000), "CloudWatchMetrics": [directive]}
    _write({"_aws": about, "service": settings().stage, **figures})


def _write(line: dict[str, Any]) -> None:
    print(json.dumps(line, default=str))
