"""Logs and metrics, the same three lines for every function. Records carry ids and states, never a secret."""

from aws_lambda_powertools import Logger

from showrunner.settings import settings

logger = Logger(service="showrunner")


def count(figures: dict[str, float], unit: str = "Count") -> None:
    """Metrics of the stage, by their names in CloudWatch: a line of the log, which CloudWatch reads."""
    from aws_lambda_powertools import Metrics  # heavy, and few functions count

    metrics = Metrics(namespace="Showrunner", service=settings().stage)
    for name, figure in figures.items():
        metrics.add_metric(name, unit, figure)
    metrics.flush_metrics()
