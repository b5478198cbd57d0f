"""Where MiniStack 1.5.33 differs from AWS in something that the product stands on, it is replaced by ours.

| MiniStack | here, as on AWS |
|---|---|
| a function sees this machine's environment and packages; `errorType` is always the same; an exception ends \
the environment | `sandbox/lambdas.py` |
| a function's log needs no permission | its role must allow logs:PutLogEvents |
| EventBridge's call of a function has no retry, no OnFailure destination; throttling uses up the attempts; \
destinations need no permission | `sandbox/lambdas.py`, `AsyncInvocations` |
| a rule's target has no retry policy, no dead-letter queue, and needs no permission | `sandbox/eventbridge.py` |
| API Gateway calls any function | the function's policy must allow it, else 500 |
| a failed function's error shows in the API's answer | 502 through the gateway response DEFAULT_5XX |
| gateway responses and MOCK integrations' answers in the API's definition are ignored | they are imported |
| a changed definition makes a new API with a new id | the API keeps its id |
| a rule or a schedule starts an execution of MiniStack's own | of ours |
| a state machine that cannot run is refused by its first execution | refused when it is made |
| a condition cannot use Fn::Sub, Fn::Split and the like | it can |
| policies that demand TLS refuse everything | the endpoint counts as TLS |
| AWS::MediaLive::InputSecurityGroup is unknown | made in our MediaLive |
| CloudFront checks no signed cookies, knows no AWS::CloudFront::PublicKey and KeyGroup, and reaches no API | \
`sandbox/cloudfront.py` |
| of AWS's own metrics there are Lambda's alone, and alarms overlook dimensions and missing data | \
`sandbox/cloudwatch.py` |
| Cognito's hosted UI forgets who signed in, and revokes no token | `sandbox/hosted_ui.py` |

Besides, what it reads anew for each request and each item, expressions and policies, is read once (`mend_parsers`).
"""

import asyncio
import contextlib
import contextvars
import json
import random
import threading
import time
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from botocore.credentials import Credentials

from sandbox.awsapi import Caller
from sandbox.clock import Clock
from sandbox.cloudfront import Addresses, mend_cloudfront
from sandbox.cloudwatch import count_log, mend_cloudwatch
from sandbox.errors import AwsError
from sandbox.eventbridge import Deliveries, DeliveryError
from sandbox.hosted_ui import mend_hosted_ui
from sandbox.lambdas import AsyncFunction, AsyncInvocations, Environment, Environments, Outcome, outcome_of
from sandbox.medialive.service import MediaLive
from sandbox.ministack import ROOT_KEY, AsgiApp, MiniStack
from sandbox.stepfunctions import DefinitionError, StepFunctions, parse

if TYPE_CHECKING:
    from sandbox.services import Services

ROOT = Credentials(ROOT_KEY, ROOT_KEY)
MOST_ENVIRONMENTS = 100
"""Beyond so many, those that idle for `SURPLUS_SECONDS` are ended; AWS keeps them for minutes."""
SURPLUS_SECONDS = 10.0


def mend(
    ministack: MiniStack,
    app: AsgiApp,
    services: "Services",
    environments: Environments,
    addresses: Addresses,
    retry_delays: tuple[float, float],
) -> None:
    """Everything below. `app` is the door for requests from inside; `retry_delays` as in `AsyncInvocations`."""
    loop = asyncio.get_running_loop()
    mend_lambda(ministack, environments)
    mend_events(ministack, app, services.clock, loop, retry_delays)
    mend_api_gateway(ministack)
    mend_rest_api()
    mend_conditions()
    mend_transport()
    mend_cloudformation(services.medialive, Caller(ROOT_KEY, ministack.account, ministack.region))
    mend_machines(services.executions, loop)
    mend_cloudfront(addresses, time.time)
    mend_cloudwatch(time.time)
    mend_hosted_ui(time.time)
    mend_parsers()


def mend_parsers() -> None:
    """Remember what texts have been read as; those who get it only look at it."""
    from ministack.core import iam_evaluator
    from ministack.services import dynamodb

    remember = lru_cache(maxsize=1000)
    dynamodb._tokenize = remember(dynamodb._tokenize)
    dynamodb._condition_syntax_error = remember(dynamodb._condition_syntax_error)
    read_policy = iam_evaluator.parse_policy_document
    read_text = remember(read_policy)
    iam_evaluator.parse_policy_document = lambda doc: read_text(doc) if isinstance(doc, str) else read_policy(doc)


def mend_lambda(ministack: MiniStack, environments: Environments) -> None:
    """Run Python functions in our environments."""
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    theirs = lambda_runtime._worker_class_for

    def worker_class(config: Mapping[str, Any]) -> Callable[..., Any]:
        if not str(config.get("Runtime", "")).startswith("python"):
            return theirs(config)  # type: ignore[no-any-return]
        return lambda name, config, code: Environment(environments, name, config, code)

    def execute(function: dict[str, Any], event: Any, request_id: str) -> Outcome:
        config = function.get("config") or function
        name, version = config["FunctionName"], config.get("Version", "$LATEST")
        lambda_svc._ensure_reaper_thread()
        with environments.turns[name]:
            environment, _ = lambda_runtime.acquire_worker(name, config, function["code_zip"], qualifier=version)
            try:
                outcome: Outcome = environment.invoke(event, request_id)
            except AwsError as error:
                body = {"errorType": "AccessDeniedException", "errorMessage": error.message}
                outcome = {"body": body, "error": True, "log": f"{error.message}\n"}
            finally:
                lambda_runtime.release_worker(environment)
        if sum(map(len, lambda_runtime._workers.values())) > MOST_ENVIRONMENTS:
            lambda_runtime.reap_idle_workers(SURPLUS_SECONDS)
        return outcome

    def emit_logs(function: dict[str, Any], request_id: str, log: str, *arguments: Any, **more: Any) -> None:
        config = function.get("config") or function
        group = f"arn:aws:logs:{ministack.region}:{ministack.account}:log-group:/aws/lambda/{config['FunctionName']}"
        if ministack.role_may(config["Role"], "lambda.amazonaws.com", "logs:PutLogEvents", f"{group}:log-stream:*"):
            keep_logs(function, request_id, log, *arguments, **more)
            count_log(log)

    keep_logs = lambda_svc._emit_lambda_logs
    lambda_svc._emit_lambda_logs = emit_logs
    lambda_runtime._worker_class_for = worker_class
    lambda_svc._execute_function_warm = execute


def mend_events(
    ministack: MiniStack, app: AsgiApp, clock: Clock, loop: asyncio.AbstractEventLoop, delays: tuple[float, float]
) -> None:
    """Asynchronous invocations and EventBridge's deliveries by our rules, all on `loop`."""
    from ministack.services import eventbridge, lambda_svc

    tasks: set[asyncio.Task[None]] = set()

    def attempt(function: AsyncFunction, event: Any, done: Callable[[Outcome], None]) -> None:
        def run() -> None:
            record, _, _ = lambda_svc._get_func_record_for_ref(function.arn)
            execute = partial(lambda_svc._execute_function_with_config_scope, record, event)
            loop.call_soon_threadsafe(done, outcome_of(execute) if record else {})

        threading.Thread(target=contextvars.Context().run, args=(run,), daemon=True, name="async-invocation").start()

    async def send_message(queue_arn: str, body: str, attributes: Mapping[str, str], credentials: Credentials) -> None:
        account, name = queue_arn.split(":")[4:6]
        request = {
            "QueueUrl": f"{ministack.endpoint_url}/{account}/{name}",
            "MessageBody": body,
            "MessageAttributes": {
                key: {"DataType": "String", "StringValue": value} for key, value in attributes.items()
            },
        }
        headers = {"X-Amz-Target": "AmazonSQS.SendMessage", "Content-Type": "application/x-amz-json-1.0"}
        await ministack.call(app, "sqs", "POST", "/", json.dumps(request).encode(), credentials, headers)

    def send_to_queue(queue_arn: str, body: str, attributes: Mapping[str, str], credentials: Credentials) -> None:
        task = loop.create_task(send_message(queue_arn, body, attributes, credentials))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    def deliver(function: AsyncFunction, target: str, body: str, attributes: Mapping[str, str]) -> None:
        if target.split(":")[2] == "lambda":
            record, _, _ = lambda_svc._get_func_record_for_ref(target)
            may = ministack.role_may(function.role_arn, "lambda.amazonaws.com", "lambda:InvokeFunction", target)
            if record and may:
                accept(record, json.loads(body))
            return
        if target.split(":")[2] != "sqs":
            return
        credentials = ministack.role_credentials(function.role_arn, "lambda.amazonaws.com", "destination")
        send_to_queue(target, body, attributes, credentials)

    invocations = AsyncInvocations(clock, attempt, deliver, delays)

    def accept(record: dict[str, Any], event: Any) -> None:
        """Any thread: an event for a function that MiniStack keeps as `record`."""
        loop.call_soon_threadsafe(invocations.submit, async_function(record), event)

    def send(rule_arn: str, payload: str, target: Mapping[str, Any]) -> None:
        arn = target["Arn"]
        if ":function:" in arn:
            record, _, _ = lambda_svc._get_func_record_for_ref(arn)
            if record is None:
                raise DeliveryError("NO_RESOURCE", f"The function {arn} does not exist.", retryable=False)
            allow(ministack, record["policy"], "lambda:InvokeFunction", arn, rule_arn)
            accept(record, json.loads(payload))
            return
        queue = sqs._queue_by_arn(arn)
        if queue is None:
            raise DeliveryError("NO_RESOURCE", f"The queue {arn} does not exist.", retryable=False)
        allow(ministack, queue["attributes"].get("Policy") or "{}", "sqs:SendMessage", arn, rule_arn)
        to_sqs(parse_arn(arn), payload, target.get("SqsParameters"))

    def dead_letter(queue_arn: str, rule_arn: str, body: str, attributes: Mapping[str, str]) -> None:
        queue = sqs._queue_by_arn(queue_arn)
        policy = queue["attributes"].get("Policy") if queue else None
        if policy and ministack.policy_allows_service(
            policy, "events.amazonaws.com", "sqs:SendMessage", queue_arn, rule_arn
        ):
            send_to_queue(queue_arn, body, attributes, ROOT)

    from ministack.core.arn import parse_arn
    from ministack.services import sqs

    deliveries = Deliveries(clock, send, dead_letter, random.Random())
    to_sqs = eventbridge._dispatch_to_sqs
    invoke_target = eventbridge._invoke_target
    current: contextvars.ContextVar[tuple[dict[str, Any], str]] = contextvars.ContextVar("target")

    def invoke(target: dict[str, Any], event: Any, rule: dict[str, Any], view: Any = None) -> None:
        token = current.set((target, rule["Arn"]))
        try:
            invoke_target(target, event, rule, view)
        finally:
            current.reset(token)

    def dispatch(_: Any, payload: str, *__: Any) -> None:
        target, rule_arn = current.get()
        loop.call_soon_threadsafe(deliveries.deliver, rule_arn, dict(target), payload)

    eventbridge._invoke_target = invoke
    eventbridge._dispatch_to_lambda = dispatch
    eventbridge._dispatch_to_sqs = dispatch
    lambda_svc.invoke_async_with_retry = accept


def allow(ministack: MiniStack, policy: Any, action: str, resource: str, rule_arn: str) -> None:
    """Raise DeliveryError unless the target's policy lets EventBridge in for this rule."""
    if not ministack.policy_allows_service(policy, "events.amazonaws.com", action, resource, rule_arn):
        message = f"events.amazonaws.com is not authorized to perform: {action} on resource: {resource}"
        raise DeliveryError("NO_PERMISSIONS", message, retryable=False)


def async_function(record: Mapping[str, Any]) -> AsyncFunction:
    """What an asynchronous invocation needs to know of MiniStack's record of a function."""
    config = record.get("config") or record
    settings = record.get("event_invoke_config") or (record.get("event_invoke_configs") or {}).get("$LATEST") or {}
    destinations = settings.get("DestinationConfig") or {}
    retries = settings.get("MaximumRetryAttempts")
    return AsyncFunction(
        arn=config["FunctionArn"],
        role_arn=config["Role"],
        retries=2 if retries is None else int(retries),
        max_age=float(settings.get("MaximumEventAgeInSeconds") or 21_600),
        on_success=(destinations.get("OnSuccess") or {}).get("Destination"),
        on_failure=(destinations.get("OnFailure") or {}).get("Destination"),
        dead_letter=(config.get("DeadLetterConfig") or {}).get("TargetArn"),
    )


def mend_api_gateway(ministack: MiniStack) -> None:
    """Gateway responses from the definition, permissions, and 502 for a function that failed."""
    from ministack.services import apigateway_v1 as api

    import_schemes = api._import_security_schemes
    import_operation = api._import_operation
    call_lambda = api._call_lambda_raw
    proxy_response = api._lambda_proxy_response
    invoke_proxy = api._invoke_lambda_proxy_v1
    render = api._gateway_error_response

    class FunctionFailed(Exception):
        pass

    class BadGateway(api._GatewayError):  # type: ignore[misc]
        pass

    def import_definition(api_id: str, spec: dict[str, Any]) -> Any:
        for kind, response in (spec.get("x-amazon-apigateway-gateway-responses") or {}).items():
            status, _, body = api._put_gateway_response(api_id, kind, response)
            if status >= 400:
                raise ValueError(body.decode())
        return import_schemes(api_id, spec)

    def import_responses(api_id: str, resource_id: str, method: str, operation: Any, *more: Any) -> None:
        import_operation(api_id, resource_id, method, operation, *more)
        integration = (operation or {}).get("x-amazon-apigateway-integration") or {}
        for pattern, response in (integration.get("responses") or {}).items():
            selection = {"selectionPattern": "" if pattern == "default" else pattern}
            status = str(response.get("statusCode", 200))
            api._put_integration_response(api_id, resource_id, method, status, {**response, **selection})

    async def call(function: str, event: dict[str, Any], **scope: Any) -> Any:
        from ministack.services import lambda_svc

        record, config, _ = lambda_svc._get_func_record_for_ref(function)
        context = event.get("requestContext") or {}
        source = (
            f"arn:aws:execute-api:{ministack.region}:{ministack.account}:{context.get('apiId')}"
            f"/{context.get('stage')}/{context.get('httpMethod')}{context.get('resourcePath')}"
        )
        if record and not ministack.policy_allows_service(
            record["policy"], "apigateway.amazonaws.com", "lambda:InvokeFunction", config["FunctionArn"], source
        ):
            return None, "Invalid permissions on Lambda function"
        return await call_lambda(function, event, **scope)

    def respond(result: Outcome) -> Any:
        if result.get("error"):
            raise FunctionFailed
        return proxy_response(result)

    async def invoke(*arguments: Any, **more: Any) -> Any:
        try:
            return await invoke_proxy(*arguments, **more)
        except FunctionFailed:
            return BadGateway("DEFAULT_5XX", "Internal server error")

    def render_error(error: Any, request: Any) -> Any:
        status, headers, body = render(error, request)
        return (502 if isinstance(error, BadGateway) and status == 500 else status), headers, body

    api._import_security_schemes = import_definition
    api._import_operation = import_responses
    api._call_lambda_raw = call
    api._lambda_proxy_response = respond
    api._invoke_lambda_proxy_v1 = invoke
    api._gateway_error_response = render_error


def mend_conditions() -> None:
    """What Fn::Equals compares may be made by Fn::Sub, Fn::Join, Fn::Split, Fn::Select and Fn::FindInMap."""
    from ministack.services.cloudformation import changesets, engine, handlers, provisioners, stacks

    evaluate = engine._evaluate_conditions

    def resolved(node: Any, template: Mapping[str, Any], params: Any) -> Any:
        if isinstance(node, list):
            return [resolved(each, template, params) for each in node]
        if not isinstance(node, dict):
            return node
        if "Fn::Equals" in node:
            mappings = template.get("Mappings", {})
            return {
                "Fn::Equals": [
                    engine._resolve_refs(side, {}, params, {}, mappings, "", "") for side in node["Fn::Equals"]
                ]
            }
        return {name: resolved(value, template, params) for name, value in node.items()}

    def evaluate_all(template: dict[str, Any], params: Any) -> Any:
        conditions = resolved(template.get("Conditions", {}), template, params)
        return evaluate({**template, "Conditions": conditions}, params)

    for module in (changesets, engine, handlers, provisioners, stacks):
        module._evaluate_conditions = evaluate_all


def mend_transport() -> None:
    """`aws:SecureTransport` is true: this endpoint stands for AWS's, which speaks TLS."""
    from ministack import app

    pin = app.pin_request_origin
    app.pin_request_origin = lambda source_ip, _: pin(source_ip, True)


def mend_machines(executions: StepFunctions, loop: asyncio.AbstractEventLoop) -> None:
    """Executions that MiniStack's services start are ours; a machine that cannot run is refused when it is made."""
    from ministack.services import stepfunctions as machines
    from ministack.services.cloudformation import provisioners

    definition_of = provisioners._sfn_definition
    invalid = machines._validate_definition_jsonata

    def refused(definition: str | None) -> str | None:
        if found := invalid(definition):
            return str(found)
        try:
            parse(definition or "{}")
        except DefinitionError as error:
            return f"Invalid State Machine Definition: '{error}'"
        return None

    def checked(props: dict[str, Any]) -> str:
        definition: str = definition_of(props)
        if (reason := refused(definition)) is not None:
            raise ValueError(reason)
        return definition

    def start(params: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        def begin() -> None:
            with contextlib.suppress(AwsError):
                executions.start_execution(params, None)

        loop.call_soon_threadsafe(begin)
        return 200, {}, b"{}"

    machines._start_execution = start
    provisioners._sfn_definition = checked
    machines._validate_definition_jsonata = refused


def mend_rest_api() -> None:
    """A changed definition is imported over the API, which keeps its id."""
    from ministack.services import apigateway_v1 as api
    from ministack.services.cloudformation import provisioners

    rest_api = provisioners._RESOURCE_HANDLERS["AWS::ApiGateway::RestApi"]
    create_api, update_api, delete_api = rest_api["create"], rest_api["update"], rest_api["delete"]

    def overwrite(physical_id: str, old: dict[str, Any], new: dict[str, Any], stack: str, logical_id: str) -> Any:
        if new.get("Body") == old.get("Body"):
            return update_api(physical_id, old, new, stack, logical_id)
        imported, _ = create_api(logical_id, new, stack)
        for store in (api._resources, api._authorizers_v1, api._models, api._gateway_responses):
            store[physical_id] = store[imported]
        delete_api(imported, new)
        return update_api(physical_id, {**old, "Body": new.get("Body")}, new, stack, logical_id)

    rest_api["update"] = overwrite


def mend_cloudformation(medialive: MediaLive, caller: Caller) -> None:
    """AWS::MediaLive::InputSecurityGroup (Ref: its id; Arn), made in our MediaLive; changed without interruption."""
    from ministack.services.cloudformation import provisioners

    Made = tuple[str, dict[str, str]]

    def create(logical_id: str, props: dict[str, Any], stack_name: str) -> Made:
        params = {"WhitelistRules": props.get("WhitelistRules", []), "Tags": dict(props.get("Tags") or {})}
        group = medialive.create_input_security_group(params, caller)["SecurityGroup"]
        return group["Id"], {"Arn": group["Arn"], "Id": group["Id"]}

    def update(physical_id: str, old: dict[str, Any], new: dict[str, Any], stack_name: str) -> Made:
        group = medialive.security_groups[physical_id]
        group.rules = [dict(rule) for rule in new.get("WhitelistRules", [])]
        group.tags = dict(new.get("Tags") or {})
        return group.id, {"Arn": group.arn, "Id": group.id}

    def delete(physical_id: str, props: dict[str, Any]) -> None:
        medialive.delete_input_security_group({"InputSecurityGroupId": physical_id}, caller)

    kind = "AWS::MediaLive::InputSecurityGroup"
    provisioners._RESOURCE_HANDLERS[kind] = {"create": create, "update": update, "delete": delete}
    provisioners._STACK_TAG_PROPERTY[kind] = ("Tags", "map")
