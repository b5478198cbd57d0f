"""The metrics that AWS publishes by itself, and alarms that look at them.

MiniStack keeps the metrics that are put, and of AWS's own only Lambda's; its alarms overlook a metric's dimensions and
missing data. Here
- Step Functions counts how executions begin and end, API Gateway its answers, SQS what is visible in a queue, and what
  a function logs in the embedded metric format is a metric (the services' user guides; CloudWatch user guide, embedded
  metric format specification);
- an alarm looks at the metric of its dimensions, in periods that end now, and at missing data as it is told to
  (CloudWatch user guide, evaluating an alarm; configuring how alarms treat missing data).

AWS publishes once a minute, and looks at alarms then. Here metrics are there at once, and an alarm is looked at when
somebody asks for it.
"""

import contextvars
import json
import operator
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sandbox.events import Emit

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
MISSING = {"breaching": True, "notBreaching": False}
EXECUTIONS = {
    "RUNNING": "ExecutionsStarted",
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}


def alarm_state(alarm: Mapping[str, Any], values: Sequence[float | None]) -> str:
    """`values`: the metric of each of its periods, None where there is no data."""
    breaks = COMPARISONS[alarm["ComparisonOperator"]]
    seen = [
        MISSING.get(alarm["TreatMissingData"]) if value is None else breaks(value, alarm["Threshold"])
        for value in values
    ]
    if all(each is None for each in seen):
        return "INSUFFICIENT_DATA"
    return "ALARM" if seen.count(True) >= (alarm.get("DatapointsToAlarm") or len(values)) else "OK"


def embedded(log: str) -> Iterator[tuple[str, str, float, dict[str, str]]]:
    """(namespace, name, value, dimensions) of each metric that a log has in the embedded metric format."""
    for line in log.splitlines():
        begin = line.find("{")
        if '"CloudWatchMetrics"' not in line or begin < 0:
            continue
        told = json.loads(line[begin:])
        for directive in told["_aws"]["CloudWatchMetrics"]:
            for metric in directive["Metrics"]:
                value = told[metric["Name"]]
                for each in value if isinstance(value, list) else [value]:
                    for names in directive["Dimensions"]:
                        yield directive["Namespace"], metric["Name"], each, {name: told[name] for name in names}


def count(namespace: str, name: str, value: float, dimensions: dict[str, str]) -> None:
    """Any thread; the same value within a second is one point."""
    contextvars.Context().run(_count, namespace, name, value, dimensions)


def _count(namespace: str, name: str, value: float, dimensions: dict[str, str]) -> None:
    from ministack.services import cloudwatch

    points = cloudwatch._metric_bucket((namespace, name, cloudwatch._dims_key(dimensions)))
    last = points[-1] if points else None
    if last and last["Value"] == value and int(last["Timestamp"]) == int(time.time()):
        last["Count"] = last.get("Count", 1.0) + 1
    else:
        cloudwatch.record_metric(namespace, name, value, "Count", dimensions)


def count_executions(emit: Emit) -> Emit:
    """Events of Step Functions are counted, whatever becomes of them then."""

    def told(source: str, detail_type: str, detail: dict[str, Any], resources: list[str]) -> None:
        if name := EXECUTIONS.get(detail.get("status", "")):
            count("AWS/States", name, 1, {"StateMachineArn": detail["stateMachineArn"]})
        emit(source, detail_type, detail, resources)

    return told


def count_log(log: str) -> None:
    for namespace, name, value, dimensions in embedded(log):
        count(namespace, name, value, dimensions)


def mend_cloudwatch(now: Callable[[], float]) -> None:
    """Alarms, and the metrics of API Gateway and SQS."""
    from ministack.services import apigateway_v1, cloudwatch, sqs

    execute = apigateway_v1._handle_execute_in_scope
    describe = cloudwatch._describe_alarms

    async def answered(api_id: str, *arguments: Any) -> Any:
        answer = await execute(api_id, *arguments)
        api = {"ApiName": apigateway_v1._rest_apis[api_id]["name"]} if api_id in apigateway_v1._rest_apis else {}
        error = {4: "4XXError", 5: "5XXError"}.get(answer[0] // 100)
        for name in ("Count", error):
            if name and api:
                count("AWS/ApiGateway", name, 1, api)
        return answer

    def look_at_queues() -> None:
        for url, queue in sqs._queues.items():
            sqs._refresh_counts(queue)
            visible = float(queue["attributes"]["ApproximateNumberOfMessages"])
            count("AWS/SQS", "ApproximateNumberOfMessagesVisible", visible, {"QueueName": url.rpartition("/")[2]})

    def value(alarm: Mapping[str, Any], newest: float) -> float | None:
        """Of the period that ends then."""
        dimensions = {each["Name"]: each["Value"] for each in alarm["Dimensions"]}
        key = (alarm["Namespace"], alarm["MetricName"], cloudwatch._dims_key(dimensions))
        oldest = newest - alarm["Period"]
        points = [each for each in cloudwatch._metrics.get(key) or [] if oldest < each["Timestamp"] <= newest]
        found: float | None = cloudwatch._stat_value(cloudwatch._calc_stats(points), alarm["Statistic"], points)
        return found if points else None

    def evaluate(alarm: dict[str, Any]) -> None:
        at = now()
        values = [value(alarm, at - number * alarm["Period"]) for number in range(alarm["EvaluationPeriods"])]
        before, state = alarm["StateValue"], alarm_state(alarm, values)
        if state == before:
            return
        reason = f"Threshold Crossed: {alarm['Statistic']} {values}, {alarm['ComparisonOperator']} {alarm['Threshold']}"
        alarm |= {"StateValue": state, "StateReason": reason, "StateUpdatedTimestamp": int(at)}
        cloudwatch._record_history(alarm["AlarmName"], before, state, reason)
        cloudwatch._dispatch_alarm_actions(alarm, before, state, reason)
        cloudwatch._evaluate_parent_alarms(alarm)

    def described(*arguments: Any) -> Any:
        look_at_queues()
        cloudwatch._evaluate_all_alarms()
        return describe(*arguments)

    apigateway_v1._handle_execute_in_scope = answered
    cloudwatch._evaluate_alarm = evaluate
    cloudwatch._describe_alarms = described
