"""The sandbox's CloudWatch: when an alarm goes off, and what a log has of metrics."""

from typing import Any

import pytest

from sandbox.cloudwatch import alarm_state, embedded

SWEEP = {"ComparisonOperator": "LessThanThreshold", "Threshold": 1.0, "TreatMissingData": "breaching"}
FAILED = {"ComparisonOperator": "GreaterThanThreshold", "Threshold": 0.0, "TreatMissingData": "notBreaching"}
NEITHER = FAILED | {"TreatMissingData": "missing"}


@pytest.mark.parametrize(
    ("alarm", "values", "state"),
    [
        (SWEEP, [None, None, None], "ALARM"),
        (SWEEP, [0.0, None, 0.0], "ALARM"),
        (SWEEP, [None, 1.0, None], "OK"),
        (FAILED, [None], "OK"),
        (FAILED, [0.0], "OK"),
        (FAILED, [1.0], "ALARM"),
        (FAILED, [1.0, None], "OK"),
        (FAILED | {"DatapointsToAlarm": 1}, [None, 1.0], "ALARM"),
        (NEITHER, [None, None], "INSUFFICIENT_DATA"),
        (NEITHER, [None, 0.0], "OK"),
    ],
)
def test_an_alarm_goes_off_when_all_of_its_periods_break_the_threshold(
    alarm: dict[str, Any], values: list[float | None], state: str
) -> None:
    assert alarm_state(alarm, values) == state


def test_what_a_function_logs_in_the_embedded_format_is_metrics() -> None:
    directive = '{"Namespace": "Shows", "Dimensions": [["service"]], "Metrics": [{"Name": "Finds"}, {"Name": "Cost"}]}'
    line = f'{{"_aws": {{"CloudWatchMetrics": [{directive}]}}, "service": "prod", "Finds": [1.0, 2.0], "Cost": 0.5}}'
    log = f'START RequestId: 1\n{{"level": "INFO", "message": "x"}}\n[INFO] {line}\nEND RequestId: 1\n'
    prod = {"service": "prod"}
    assert list(embedded(log)) == [
        ("Shows", "Finds", 1.0, prod),
        ("Shows", "Finds", 2.0, prod),
        ("Shows", "Cost", 0.5, prod),
    ]
