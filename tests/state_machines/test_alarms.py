"""The alarms of docs/runbook.md, each raised as it is written there; those of dead letters in test_dead_letters.py."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.studio import Studio, eventually


def alarms(studio: Studio) -> dict[str, dict[str, Any]]:
    """Their names in the template -> as CloudWatch knows them."""
    cloudwatch = studio.sandbox.session().client("cloudwatch", endpoint_url=studio.sandbox.url)
    known = {each["AlarmName"]: each for each in cloudwatch.describe_alarms()["MetricAlarms"]}
    resources = studio.aws["cloudformation"].describe_stack_resources(StackName="showrunner-sandbox")["StackResources"]
    ours = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}
    return {logical: known[name] for logical, name in ours.items() if name in known}


def goes_off(studio: Studio, name: str) -> None:
    eventually(lambda: alarms(studio)[name]["StateValue"] == "ALARM", 60, f"{name} in ALARM")


def put(studio: Studio, alarm: dict[str, Any], dimension: str) -> None:
    """A 1 into its metric, with this value of its dimension."""
    cloudwatch = studio.sandbox.session().client("cloudwatch", endpoint_url=studio.sandbox.url)
    dimensions = [{"Name": alarm["Dimensions"][0]["Name"], "Value": dimension}]
    metric: Any = {"MetricName": alarm["MetricName"], "Dimensions": dimensions, "Value": 1}
    cloudwatch.put_metric_data(Namespace=alarm["Namespace"], MetricData=[metric])


def test_a_cleanup_that_times_out_raises_its_alarm_and_another_machine_does_not(studio: Studio) -> None:
    """Two hours are not waited for: its number is put."""
    alarm = alarms(studio)["CleanupTimedOutAlarm"]
    put(studio, alarm, f"{alarm['Dimensions'][0]['Value']}-another")
    assert alarms(studio)["CleanupTimedOutAlarm"]["StateValue"] == "OK"
    put(studio, alarm, alarm["Dimensions"][0]["Value"])
    goes_off(studio, "CleanupTimedOutAlarm")


def test_what_an_alarm_watches_is_there(studio: Studio) -> None:
    """By the name that the deployed alarm has."""
    apis = studio.sandbox.session().client("apigateway", endpoint_url=studio.sandbox.url).get_rest_apis()["items"]
    for alarm in alarms(studio).values():
        ((watched, value),) = [each.values() for each in alarm["Dimensions"]]
        match watched:
            case "QueueName":
                assert studio.aws["sqs"].get_queue_url(QueueName=value)["QueueUrl"].endswith(value)
            case "StateMachineArn":
                assert studio.aws["stepfunctions"].describe_state_machine(stateMachineArn=value)["status"] == "ACTIVE"
            case "ApiName":
                assert value in [api["name"] for api in apis]
            case "service":
                assert value == "sandbox"  # the stage
            case other:
                raise AssertionError(other)


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
    goes_off(studio, "SweepFindsAlarm")
    assert alarms(studio)["SweepAlarm"]["StateValue"] == "OK"  # in ALARM where none has succeeded (test_cloudwatch.py)
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
    goes_off(studio, "ApiAlarm")


@contextmanager
def stopped_while_no_input_is_deleted(studio: Studio, code: str, status: int) -> Iterator[str]:
    """A prepared session whose cleanup meets this error of MediaLive's until the end of the block."""
    show = studio.create()
    studio.press(show, "prepare")
    studio.until(show, "ready")
    order = {"service": "medialive", "operation": "DeleteInput", "code": code, "status": status}
    fault = studio.control("faults", kind="error", rate=1.0, **order)["fault"]
    studio.press(show, "stop")
    yield show
    studio.api.delete(f"{studio.sandbox.url}/_sandbox/faults/{fault['id']}").raise_for_status()


def test_a_cleanup_that_cannot_delete_fails_and_the_sweeper_finishes_it(studio: Studio) -> None:
    with stopped_while_no_input_is_deleted(studio, "ForbiddenException", 403) as show:
        eventually(lambda: studio.executions(show).get(f"{show}-1-session") == "FAILED", what="the failed cleanup")
        goes_off(studio, "CleanupAlarm")
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
    goes_off(studio, "OverdueAlarm")
    studio.press(show, "stop")
    studio.until(show, "ended")
    studio.assert_nothing_left(show)


def test_a_cleanup_that_somebody_stops_is_begun_again(studio: Studio) -> None:
    with stopped_while_no_input_is_deleted(studio, "InternalServerErrorException", 500) as show:
        eventually(lambda: studio.executions(show, "cleanup").get(f"{show}-1-session") == "RUNNING", what="the cleanup")
        cleanup = studio.outputs["CleanupMachineArn"].replace(":stateMachine:", ":execution:")
        studio.aws["stepfunctions"].stop_execution(executionArn=f"{cleanup}:{show}-1-session")
        goes_off(studio, "CleanupAbortedAlarm")
    studio.backdate(show, "created_at")
    studio.sweep()
    studio.until(show, "ended")
    studio.assert_nothing_left(show)


def test_a_budget_that_is_used_up_is_told_by_the_next_look(studio: Studio) -> None:
    """The channel runs since yesterday, by the table; the event that comes once more brings the look."""
    show = studio.create(budget={"dollars": 1})
    studio.press(show, "start")
    studio.until(show, "live")
    studio.backdate(show, "running_at")
    (channel,) = studio.channels(show)
    detail = {"channel_arn": channel["Arn"], "state": "STOPPED", "pipelines_running_count": 0, "message": "Stopped"}
    kind = "MediaLive Channel State Change"
    studio.control("emit", source="aws.medialive", detail_type=kind, detail=detail, resources=[channel["Arn"]])
    goes_off(studio, "BudgetAlarm")
    assert studio.session(show)["state"] == "live"
    studio.press(show, "stop")
    studio.until(show, "ended")
