"""The alarms of docs/runbook.md: each goes off by its metric, and causes are brought about as it is written there."""

import json
import re
from typing import Any

import pytest

from tests.studio import Studio, eventually

# Value of the metric that raises it, and one that does not.
RAISED = {
    "UndeliveredEventsAlarm": (1, 0),
    "FailedEventsAlarm": (1, 0),
    "CleanupAlarm": (1, 0),
    "CleanupTimedOutAlarm": (1, 0),
    "CleanupAbortedAlarm": (1, 0),
    "SweepAlarm": (0, 1),
    "SweepFindsAlarm": (1, 0),
    "OverdueAlarm": (1, 0),
    "BudgetAlarm": (1, 0),
    "ApiAlarm": (1, 0),
}


def alarms(studio: Studio) -> dict[str, dict[str, Any]]:
    """Their names in the template -> as CloudWatch knows them."""
    cloudwatch = studio.sandbox.session().client("cloudwatch", endpoint_url=studio.sandbox.url)
    known = {each["AlarmName"]: each for each in cloudwatch.describe_alarms()["MetricAlarms"]}
    resources = studio.aws["cloudformation"].describe_stack_resources(StackName="showrunner-sandbox")["StackResources"]
    ours = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}
    return {logical: known[name] for logical, name in ours.items() if name in known}


def test_each_alarm_has_a_way_to_raise_it(studio: Studio) -> None:
    assert alarms(studio).keys() == RAISED.keys()


@pytest.mark.parametrize("name", RAISED)
def test_an_alarm_goes_off_and_stops(studio: Studio, name: str) -> None:
    cloudwatch = studio.sandbox.session().client("cloudwatch", endpoint_url=studio.sandbox.url)
    alarm = alarms(studio)[name]
    metric = {"MetricName": alarm["MetricName"], "Dimensions": alarm["Dimensions"]}
    raised, _ = RAISED[name]
    cloudwatch.put_metric_data(Namespace=alarm["Namespace"], MetricData=[{**metric, "Value": raised}])
    eventually(lambda: alarms(studio)[name]["StateValue"] == "ALARM", what=f"{name}")


def counted(studio: Studio, function: str) -> list[dict[str, Any]]:
    """The metrics that a function wrote into its log."""
    logs, found = studio.aws["logs"], []
    for group in logs.describe_log_groups()["logGroups"]:
        if f"-{function}-" in group["logGroupName"]:
            events = logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
            found += [each["message"] for each in events if '"CloudWatchMetrics"' in each["message"]]
    return [json.loads(re.search(r"\{.*\}", line, re.DOTALL)[0]) for line in found]  # type: ignore[index]


def test_what_the_sweeper_finds_is_counted_under_the_names_that_the_alarms_watch(studio: Studio) -> None:
    """As the runbook raises it: a stored show that no row knows."""
    studio.aws["s3"].put_object(Bucket=studio.outputs["RecordingsBucket"], Key="nobody/1/index.m3u8", Body=b"x")
    swept = studio.sweep()
    assert {"kind": "stored show", "name": "nobody/1/", "action": "report"} in swept["finds"]
    studio.aws["s3"].delete_object(Bucket=studio.outputs["RecordingsBucket"], Key="nobody/1/index.m3u8")
    latest = eventually(
        lambda: [each for each in counted(studio, "ReportSweep") if each["SweptStoredShow"] == [1.0]], what="the count"
    )[-1]
    (directive,) = latest["_aws"]["CloudWatchMetrics"]
    names = {metric["Name"] for metric in directive["Metrics"]}
    for name in ("SweepFindsAlarm", "OverdueAlarm"):
        alarm = alarms(studio)[name]
        assert alarm["Namespace"] == directive["Namespace"]
        assert alarm["MetricName"] in names
        assert [each["Name"] for each in alarm["Dimensions"]] == directive["Dimensions"][0]
        assert alarm["Dimensions"][0]["Value"] == latest["service"]


def test_an_error_nobody_foresaw_is_a_5xx_and_its_trace_in_the_log(studio: Studio) -> None:
    order = {"service": "dynamodb", "operation": "Query", "code": "AccessDeniedException", "status": 400}
    fault = studio.control("faults", kind="error", rate=1.0, **order)["fault"]
    answer = studio.call("GET", "/sessions")
    studio.api.delete(f"{studio.sandbox.url}/_sandbox/faults/{fault['id']}").raise_for_status()
    assert answer.status_code == 500
    assert answer.json()["error"] == "InternalError"


def test_a_cleanup_that_cannot_delete_fails_and_the_sweeper_finishes_it(studio: Studio) -> None:
    show = studio.create()
    studio.press(show, "prepare")
    studio.until(show, "ready")
    order = {"service": "medialive", "operation": "DeleteInput", "code": "ForbiddenException", "status": 403}
    fault = studio.control("faults", kind="error", rate=1.0, **order)["fault"]
    studio.press(show, "stop")
    eventually(lambda: studio.executions(show).get(f"{show}-1-session") == "FAILED", what="the failed cleanup")
    studio.api.delete(f"{studio.sandbox.url}/_sandbox/faults/{fault['id']}").raise_for_status()
    assert studio.session(show)["state"] == "stopping"
    studio.backdate(show, "created_at")
    studio.sweep()
    studio.until(show, "ended")
    studio.assert_nothing_left(show)


def test_a_session_that_hangs_is_told_as_overdue(studio: Studio) -> None:
    show = studio.create()
    studio.press(show, "prepare")
    studio.until(show, "ready")
    studio.backdate(show, "stop_requested_at")
    assert {"kind": "overdue session", "name": f"{show}-1", "action": "report"} in studio.sweep()["finds"]
    studio.press(show, "stop")
    studio.until(show, "ended")
    studio.assert_nothing_left(show)
