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
from showrunner.executions import ENDS
from showrunner.sweep import KINDS
from workflows.streams import LATER

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


def may_read(template: Node, policy: str) -> Node:
    """The one statement of a bucket's policy that allows something."""
    statements = of_type(template, "AWS::S3::BucketPolicy")[policy]["PolicyDocument"]["Statement"]
    (allowed,) = [each for each in statements if each["Effect"] == "Allow"]
    statement: Node = allowed
    return statement


@pytest.fixture
def cdn(template: Node) -> Node:
    (distribution,) = of_type(template, "AWS::CloudFront::Distribution").values()
    config: Node = distribution["DistributionConfig"]
    return config


def test_the_cdn_reads_the_recordings_for_those_with_cookies_alone(cdn: Node) -> None:
    behaviours = [cdn["DefaultCacheBehavior"], *cdn["CacheBehaviors"]]
    of_recordings = [each for each in behaviours if each["TargetOriginId"] == "recordings"]
    assert [each["PathPattern"] for each in of_recordings] == ["*.m3u8", "*.ts"]
    assert all(each["TrustedKeyGroups"] == [{"Ref": "CdnKeys"}] for each in of_recordings)
    assert {each["ViewerProtocolPolicy"] for each in cdn["CacheBehaviors"]} == {"https-only"}
    of_the_api = [each["PathPattern"] for each in cdn["CacheBehaviors"] if each["TargetOriginId"] == "api"]
    assert of_the_api == [each["PathPattern"] for each in cdn["CacheBehaviors"][2:]] == ["/api/recordings/*", "/api/*"]
    assert cdn["DefaultCacheBehavior"]["TargetOriginId"] == "studio"


def test_an_error_is_not_kept_for_the_next_who_asks_nor_made_a_page(cdn: Node) -> None:
    """Those that CloudFront keeps: Developer Guide, 'HTTP 4xx and 5xx status codes that CloudFront caches'."""
    kept = {400, 403, 404, 405, 414, 500, 501, 502, 503, 504}
    assert cdn["CustomErrorResponses"] == [{"ErrorCode": code, "ErrorCachingMinTTL": 0} for code in sorted(kept)]


@pytest.mark.parametrize(("policy", "origin"), [("RecordingsPolicy", "recordings"), ("StudioPolicy", "studio")])
def test_a_bucket_is_read_by_its_one_distribution_alone(template: Node, cdn: Node, policy: str, origin: str) -> None:
    origins = {each["Id"]: each for each in cdn["Origins"]}
    assert origins[origin]["OriginAccessControlId"] == {"Fn::GetAtt": ["CdnAccess", "Id"]}
    allowed = may_read(template, policy)
    assert allowed["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert allowed["Action"] == "s3:GetObject"
    assert allowed["Condition"]["StringEquals"]["aws:SourceArn"]["Fn::Sub"].endswith("distribution/${Cdn}")


def test_a_page_may_read_which_request_it_was_that_refused_an_upload(template: Node) -> None:
    (rule,) = of_type(template, "AWS::S3::Bucket")["Media"]["CorsConfiguration"]["CorsRules"]
    assert rule["ExposedHeaders"] == ["x-amz-request-id"]


def test_every_bucket_is_private(template: Node) -> None:
    buckets = of_type(template, "AWS::S3::Bucket")
    assert set(buckets) == {"Recordings", "Media", "Studio"}
    assert all(set(each["PublicAccessBlockConfiguration"].values()) == {True} for each in buckets.values())


def test_the_page_may_run_its_own_scripts_and_be_framed_by_nobody(template: Node) -> None:
    headers = of_type(template, "AWS::CloudFront::ResponseHeadersPolicy")["StudioHeaders"]
    said = headers["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]["ContentSecurityPolicy"]
    text = said["ContentSecurityPolicy"]["Fn::Sub"]
    rules = {name: sources.split() for name, _, sources in (each.strip().partition(" ") for each in text.split(";"))}
    assert "unsafe" not in text
    assert (rules["default-src"], rules["script-src"], rules["style-src"]) == (["'none'"], ["'self'"], ["'self'"])
    assert [rules[each] for each in ("frame-ancestors", "base-uri", "form-action")] == [["'none'"]] * 3
    hosts = {source for sources in rules.values() for source in sources if source.startswith("http")}
    assert [host for host in hosts if "*" in host] == ["https://*.live-video.net"]


def test_the_studio_s_client_has_no_secret_and_one_flow(template: Node) -> None:
    client = of_type(template, "AWS::Cognito::UserPoolClient")["StudioClient"]
    assert (client["GenerateSecret"], client["AllowedOAuthFlows"]) == (False, ["code"])
    assert client["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]
    assert client["CallbackURLs"] == client["LogoutURLs"] == [{"Fn::Sub": "https://${Cdn.DomainName}/"}]


def test_another_key_of_the_cdn_is_another_resource(template: Node) -> None:
    text = yaml.safe_dump(template)
    one, other = (yaml.safe_load(name_key(text, public))["Resources"] for public in ("one", "other"))
    (key,) = set(one) - set(other)
    assert one[key]["Type"] == "AWS::CloudFront::PublicKey"
    assert one["CdnKeys"]["Properties"]["KeyGroupConfig"]["Items"] == [{"Ref": key}]
    assert one[key]["Properties"]["PublicKeyConfig"]["Name"]["Fn::Sub"].endswith(key)


@pytest.mark.parametrize("name", ["InputCidr", "Stage"])
def test_who_may_publish_has_no_silent_default(template: Node, name: str) -> None:
    assert "Default" not in template["Parameters"][name]


def test_no_page_but_the_studio_may_call_the_api_unless_it_is_named(template: Node) -> None:
    assert template["Parameters"]["CorsOrigin"]["Default"].endswith(".invalid")


@pytest.mark.parametrize("name", ["OnChannelEvent", "OnStreamEvent", "OnExecutionEvent", "WatchStreams"])
def test_an_event_is_not_lost_without_a_trace(template: Node, name: str) -> None:
    function = of_type(template, FUNCTION)[name]
    (rule,) = (each for each in function["Events"].values() if each["Type"] != "SQS")
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


def test_every_queue_but_that_of_looks_has_an_alarm(template: Node) -> None:
    alarms = of_type(template, "AWS::CloudWatch::Alarm").values()
    watched = {alarm["Dimensions"][0]["Value"].get("Fn::GetAtt", [""])[0] for alarm in alarms}
    assert watched - {""} == set(of_type(template, "AWS::SQS::Queue")) - {"StreamLooks"}


def test_streams_are_looked_at_each_minute_and_in_between(template: Node) -> None:
    function, queue = of_type(template, FUNCTION)["WatchStreams"], of_type(template, "AWS::SQS::Queue")["StreamLooks"]
    events = {each["Type"]: each["Properties"] for each in function["Events"].values()}
    assert events["Schedule"]["Schedule"] == "rate(1 minute)"
    assert events["SQS"]["Queue"] == {"Fn::GetAtt": ["StreamLooks", "Arn"]}
    # Lambda takes no queue that shows a message again before the function's time is over. One that failed is not
    # to come again: it is gone by then.
    assert queue["VisibilityTimeout"] >= max(queue["MessageRetentionPeriod"], function["Timeout"])
    assert queue["MessageRetentionPeriod"] > max(LATER)


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


def test_however_a_cleanup_ends_but_well_somebody_is_told(template: Node) -> None:
    of_cleanups = {"Fn::GetAtt": ["CleanupMachine", "Arn"]}, {"Ref": "CleanupMachine"}
    alarms = of_type(template, "AWS::CloudWatch::Alarm").values()
    watched = {alarm["MetricName"] for alarm in alarms if alarm["Dimensions"][0]["Value"] in of_cleanups}
    assert watched == {"Executions" + end.title().replace("_", "") for end in ENDS}


def test_every_alarm_watches_what_it_is_named_for_under_the_dimension_that_aws_has_for_it(template: Node) -> None:
    """SQS's, Step Functions' and API Gateway's 'metrics and dimensions', and `showrunner.observability.count`."""
    alarms = of_type(template, "AWS::CloudWatch::Alarm")
    seen = {name: (each["Namespace"], *next(iter(each["Dimensions"])).values()) for name, each in alarms.items()}
    (api,) = [each["DefinitionBody"]["info"]["title"] for each in of_type(template, "AWS::Serverless::Api").values()]
    cleanups = ("AWS/States", "StateMachineArn", {"Ref": "CleanupMachine"})
    ours = ("Showrunner", "service", {"Ref": "Stage"})
    assert seen == {
        "UndeliveredEventsAlarm": ("AWS/SQS", "QueueName", {"Fn::GetAtt": ["UndeliveredEvents", "QueueName"]}),
        "FailedEventsAlarm": ("AWS/SQS", "QueueName", {"Fn::GetAtt": ["FailedEvents", "QueueName"]}),
        "CleanupAlarm": cleanups,
        "CleanupTimedOutAlarm": cleanups,
        "CleanupAbortedAlarm": cleanups,
        "SweepAlarm": ("AWS/States", "StateMachineArn", {"Ref": "SweepMachine"}),
        "SweepFindsAlarm": ours,
        "OverdueAlarm": ours,
        "BudgetAlarm": ours,
        "ApiAlarm": ("AWS/ApiGateway", "ApiName", api),
    }
    assert {len(each["Dimensions"]) for each in alarms.values()} == {1}


def test_what_is_counted_is_what_alarms_and_dashboard_show(template: Node) -> None:
    counted = {"BudgetWarnings", "SessionCost", "SweepFinds", "SweepFailures"} | {
        "Swept" + kind.title().replace(" ", "") for kind in KINDS
    }
    alarms = of_type(template, "AWS::CloudWatch::Alarm").values()
    (dashboard,) = of_type(template, "AWS::CloudWatch::Dashboard").values()
    shown = set(re.findall(r'"Showrunner", "(\w+)"', dashboard["DashboardBody"]["Fn::Sub"]))
    assert "SessionCost" in shown
    text = dashboard["DashboardBody"]["Fn::Sub"]
    behind = {(alarm["Namespace"], alarm["MetricName"]) for alarm in alarms}
    assert {each for each in behind if f'["{each[0]}", "{each[1]}", ' not in text} == set()
    assert shown | {alarm["MetricName"] for alarm in alarms if alarm["Namespace"] == "Showrunner"} <= counted


def test_execution_events_are_those_of_this_stage(template: Node) -> None:
    (rule,) = of_type(template, FUNCTION)["OnExecutionEvent"]["Events"].values()
    detail = rule["Properties"]["Pattern"]["detail"]
    assert detail["status"] == ["ABORTED", "FAILED", "TIMED_OUT"]
    machines = [each["Fn::Sub"].rpartition(":")[2] for each in detail["stateMachineArn"]]
    assert machines == ["showrunner-${Stage}-session", "showrunner-${Stage}-cleanup"]


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
