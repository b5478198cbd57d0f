"""The template that `make package` leaves: what Chalice made, what infra/template.yaml adds, joined rightly."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from infra.deploy import name_key
from infra.machines import FUNCTION, MACHINE
from infra.package import ROOT, substituted
from showrunner.sweep import KINDS

Node = dict[str, Any]


def of_type(template: Node, kind: str) -> Node:
    return {name: each["Properties"] for name, each in template["Resources"].items() if each["Type"] == kind}


def plain_strings(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key not in ("Fn::Sub", "DefinitionString"):
                yield from plain_strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from plain_strings(value)
    elif isinstance(node, str):
        yield node


def test_a_plain_string_that_names_a_resource_is_substituted() -> None:
    given = {"a": "arn:${Table.Arn}", "b": ["${Stage}", "$context.error"], "c": {"Fn::Sub": "${X}"}}
    assert substituted(given) == {
        "a": {"Fn::Sub": "arn:${Table.Arn}"},
        "b": [{"Fn::Sub": "${Stage}"}, "$context.error"],
        "c": {"Fn::Sub": "${X}"},
    }


def test_no_name_is_left_unsubstituted(template: Node) -> None:
    assert [text for text in plain_strings(template) if "${" in text] == []


def test_what_holds_data_stays_when_the_stack_goes(template: Node) -> None:
    kept = {name for name, each in template["Resources"].items() if each.get("DeletionPolicy") == "Retain"}
    assert {"Table", "Recordings", "Media", "UserPool"} <= kept
    assert {n for n, each in template["Resources"].items() if each.get("UpdateReplacePolicy") == "Retain"} == kept


def test_what_was_recorded_goes_after_as_many_days_as_was_asked_for_and_else_never(template: Node) -> None:
    assert template["Parameters"]["KeepDays"]["Default"] == 0
    rules = of_type(template, "AWS::S3::Bucket")["Recordings"]["LifecycleConfiguration"]["Rules"]
    (expiry,) = [rule["Fn::If"] for rule in rules if "Fn::If" in rule]
    assert expiry[0] == "HasKeepDays"
    assert expiry[1]["ExpirationInDays"] == {"Ref": "KeepDays"}
    assert expiry[2] == {"Ref": "AWS::NoValue"}


def test_the_cdn_reads_the_recordings_for_those_with_cookies_alone(template: Node) -> None:
    (cdn,) = of_type(template, "AWS::CloudFront::Distribution").values()
    config = cdn["DistributionConfig"]
    origins = {origin["Id"]: origin for origin in config["Origins"]}
    files = config["DefaultCacheBehavior"]
    assert files["TrustedKeyGroups"] == [{"Ref": "CdnKeys"}]
    assert origins[files["TargetOriginId"]]["OriginAccessControlId"] == {"Fn::GetAtt": ["CdnAccess", "Id"]}
    (asked,) = config["CacheBehaviors"]
    assert (asked["PathPattern"], asked["TargetOriginId"]) == ("/api/recordings/*", "api")
    assert {each["ViewerProtocolPolicy"] for each in (files, asked)} == {"https-only"}
    statements = of_type(template, "AWS::S3::BucketPolicy")["RecordingsPolicy"]["PolicyDocument"]["Statement"]
    (allowed,) = [each for each in statements if each["Effect"] == "Allow"]
    assert allowed["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert allowed["Action"] == "s3:GetObject"
    assert allowed["Condition"]["StringEquals"]["aws:SourceArn"]["Fn::Sub"].endswith("distribution/${Cdn}")


def test_another_key_of_the_cdn_is_another_resource(template: Node) -> None:
    text = yaml.safe_dump(template)
    one, other = (yaml.safe_load(name_key(text, public))["Resources"] for public in ("one", "other"))
    (key,) = set(one) - set(other)
    assert one[key]["Type"] == "AWS::CloudFront::PublicKey"
    assert one["CdnKeys"]["Properties"]["KeyGroupConfig"]["Items"] == [{"Ref": key}]
    assert one[key]["Properties"]["PublicKeyConfig"]["Name"]["Fn::Sub"].endswith(key)


@pytest.mark.parametrize("name", ["InputCidr", "CorsOrigin", "Stage"])
def test_who_may_publish_and_call_has_no_silent_default(template: Node, name: str) -> None:
    assert "Default" not in template["Parameters"][name]


@pytest.mark.parametrize("name", ["OnChannelEvent", "OnStreamEvent", "OnExecutionEvent"])
def test_an_event_is_not_lost_without_a_trace(template: Node, name: str) -> None:
    function = of_type(template, FUNCTION)[name]
    (rule,) = function["Events"].values()
    assert rule["Properties"]["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["UndeliveredEvents", "Arn"]}}
    assert rule["Properties"]["RetryPolicy"]["MaximumRetryAttempts"] > 0
    on_failure = function["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]
    assert on_failure["Destination"] == {"Fn::GetAtt": ["FailedEvents", "Arn"]}


def test_names_that_cloudformation_makes_are_those_that_the_policies_know(template: Node) -> None:
    """STACK-NAME-RANDOM: with more than 64 characters it is shortened, the stack's name too."""
    longest = re.search(r"\{0,(\d+)\}$", template["Parameters"]["Stage"]["AllowedPattern"])
    assert longest is not None
    stack = len("showrunner-") + 1 + int(longest[1])
    assert max(stack + len(f"-{name}-") + 13 for name in of_type(template, FUNCTION)) <= 64
    (statement,) = of_type(template, "AWS::SQS::QueuePolicy")["UndeliveredEventsPolicy"]["PolicyDocument"]["Statement"]
    assert statement["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::Sub"].endswith(":rule/showrunner-*")


def test_every_queue_has_an_alarm(template: Node) -> None:
    alarms = of_type(template, "AWS::CloudWatch::Alarm").values()
    watched = {alarm["Dimensions"][0]["Value"].get("Fn::GetAtt", [""])[0] for alarm in alarms}
    assert watched - {""} == set(of_type(template, "AWS::SQS::Queue"))


def test_every_alarm_says_what_it_means_is_on_the_dashboard_and_in_the_runbook(template: Node) -> None:
    alarms = of_type(template, "AWS::CloudWatch::Alarm")
    runbook = (ROOT / "docs" / "runbook.md").read_text()
    (dashboard,) = of_type(template, "AWS::CloudWatch::Dashboard").values()
    body = dashboard["DashboardBody"]["Fn::Sub"]
    for name, alarm in alarms.items():
        assert alarm["AlarmDescription"].endswith(".")
        assert f"\n## {name}\n" in runbook
        assert f"${{{name}.Arn}}" in body
    json.loads(re.sub(r"\$\{[\w:.]+\}", "x", body))


def test_what_the_sweeper_counts_is_what_alarms_and_dashboard_show(template: Node) -> None:
    counted = {"SweepFinds", "SweepFailures"} | {"Swept" + kind.title().replace(" ", "") for kind in KINDS}
    alarms = of_type(template, "AWS::CloudWatch::Alarm").values()
    (dashboard,) = of_type(template, "AWS::CloudWatch::Dashboard").values()
    shown = set(re.findall(r'"Showrunner", "(\w+)"', dashboard["DashboardBody"]["Fn::Sub"]))
    assert shown | {alarm["MetricName"] for alarm in alarms if alarm["Namespace"] == "Showrunner"} <= counted


def test_execution_events_are_those_of_this_stage(template: Node) -> None:
    (rule,) = of_type(template, FUNCTION)["OnExecutionEvent"]["Events"].values()
    detail = rule["Properties"]["Pattern"]["detail"]
    assert detail["status"] == ["ABORTED", "FAILED", "TIMED_OUT"]
    (machine,) = detail["stateMachineArn"]
    assert machine["Fn::Sub"].endswith(":stateMachine:showrunner-${Stage}-session")


def test_every_function_has_its_log_group_for_a_month(template: Node) -> None:
    groups = of_type(template, "AWS::Logs::LogGroup")
    named = {group["LogGroupName"]["Fn::Sub"] for group in groups.values()}
    assert named == {f"/aws/lambda/${{{name}}}" for name in of_type(template, FUNCTION)}
    assert {group["RetentionInDays"] for group in groups.values()} == {30}


def test_the_api_answers_in_one_shape_and_only_to_the_configured_page(template: Node) -> None:
    definition = of_type(template, "AWS::Serverless::Api")["RestAPI"]["DefinitionBody"]
    answers = definition["x-amazon-apigateway-gateway-responses"]
    assert {"DEFAULT_4XX", "DEFAULT_5XX", "UNAUTHORIZED", "ACCESS_DENIED", "MISSING_AUTHENTICATION_TOKEN"} <= set(
        answers
    )
    for answer in answers.values():
        origin = answer["responseParameters"]["gatewayresponse.header.Access-Control-Allow-Origin"]
        assert origin == {"Fn::Sub": "'${CorsOrigin}'"}
        body = answer["responseTemplates"]["application/json"]
        assert [f'"{key}"' in body for key in ("error", "message", "details")] == [True, True, True]
    (authorizer,) = definition["securityDefinitions"].values()
    assert authorizer["x-amazon-apigateway-authorizer"]["providerARNs"] == [{"Fn::Sub": "${UserPool.Arn}"}]


def test_every_route_but_health_and_the_document_asks_for_a_token(template: Node) -> None:
    paths = of_type(template, "AWS::Serverless::Api")["RestAPI"]["DefinitionBody"]["paths"]
    open_to_all = {
        f"{method} {path}"
        for path, methods in paths.items()
        for method, route in methods.items()
        if method != "options" and not route.get("security")
    }
    assert open_to_all == {"get /health", "get /openapi.json"}


def test_the_outputs_that_others_read(template: Node) -> None:
    expected = {"ApiUrl", "UserPoolId", "UserPoolClientId", "TableName", "RecordingsBucket", "MediaBucket"}
    assert expected | {"SessionMachineArn", "CleanupMachineArn", "DeadLetterQueueUrls"} <= set(template["Outputs"])


def test_both_machines_are_standard(template: Node) -> None:
    assert {m["StateMachineType"] for m in of_type(template, MACHINE).values()} == {"STANDARD"}
