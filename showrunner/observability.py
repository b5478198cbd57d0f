"""Logs and metrics, the same for every function. Records carry ids and states, never a secret.

Powertools is imported by who has something to say: most invocations have not, and start the sooner.
"""

from functools import cache
from typing import TYPE_CHECKING

from showrunner.settings import settings

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger


@cache
def logger() -> "Logger":
    from aws_lambda_powertools import Logger

    return Logger(service="showrunner")


def count(figures: dict[str, float], unit: str = "Count") -> None:
    """Metrics of the stage, by their names in CloudWatch: a line of the log, which CloudWatch reads."""
    from aws_lambda_powertools import Metrics

    metrics = Metrics(namespace="Showrunner", service=settings().stage)
    for name, figure in figures.items():
        metrics.add_metric(name, unit, figure)
    metrics.flush_metrics()
