"""MiniStack, and everything of ours that touches its private code, in one place.

MiniStack keeps its state in module globals and reads its settings when it is imported: one sandbox a
process, and `prepare_environment` before anything else. Its version is pinned exactly (1.5.33), so
that what this module takes hold of stays where it is.

What is ours here:
- `MiniStack.authenticate` and `MiniStack.authorise`: the signature check and the policy evaluator that
  MiniStack uses for its own services, for ours.
- `MiniStack.role_credentials`: what an AWS service gets that assumes a role, if the role's trust
  policy lets it.
- `MiniStack.make_event` and `publish_event`: events with an `aws.*` source, which PutEvents refuses.
- `MiniStack.call`: a signed request from inside the process, through the same door as from outside.

`sandbox/mends.py` replaces what differs from AWS in something that the product stands on.
"""

import asyncio
import contextvars
import hashlib
import json
import os
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from sandbox.errors import AwsError
from sandbox.stepfunctions import MachineInfo

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

ROOT_KEY = "test"
"""MiniStack's root user: access key and secret. Real AWS refuses it, which is what we want of it."""

STATES_BY_US = frozenset(
    f"AWSStepFunctions.{operation}"
    for operation in (
        "StartExecution",
        "StopExecution",
        "DescribeExecution",
        "ListExecutions",
        "GetExecutionHistory",
        "DescribeStateMachineForExecution",
        "SendTaskSuccess",
        "SendTaskFailure",
        "SendTaskHeartbeat",
    )
)
"""`X-Amz-Target` of the execution calls, which our Step Functions answers."""


def prepare_environment(port: int, directory: Path, account: str, region: str) -> None:
    """Set this process's environment for MiniStack and for what it starts (the Lambdas' processes).

    The caller's own AWS settings are removed: nothing in here may ever reach the real AWS.
    """
    for name in [name for name in os.environ if name.startswith(("AWS_", "MINISTACK_", "LAMBDA_"))]:
        del os.environ[name]
    directory.mkdir(parents=True, exist_ok=True)
    os.environ.update(
        AUTH="true",
        BIND_HOST="127.0.0.1",
        GATEWAY_PORT=str(port),
        MINISTACK_HOST="localhost",
        MINISTACK_ACCOUNT_ID=account,
        MINISTACK_REGION=region,
        LOG_LEVEL=os.environ.get("LOG_LEVEL", "ERROR"),
        IOT_MTLS_ENABLED="0",
        SFTP_ENABLED="0",
        S3_DATA_DIR=str(directory / "s3"),
        TMPDIR=str(directory),
        AWS_ENDPOINT_URL=f"http://127.0.0.1:{port}",
        AWS_REGION=region,
        AWS_DEFAULT_REGION=region,
        AWS_ACCESS_KEY_ID=ROOT_KEY,
        AWS_SECRET_ACCESS_KEY=ROOT_KEY,
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_EC2_METADATA_DISABLED="true",
        DOCKER_HOST=f"unix://{directory}/no-docker",
    )
    tempfile.tempdir = str(directory)


def credential_scope(headers: Mapping[str, str]) -> tuple[str, str, str] | None:
    """(access key, region, service) of a request's SigV4 header; None when it is not signed so."""
    authorization = headers.get("authorization", "")
    if not authorization.startswith("AWS4-HMAC-SHA256"):
        return None
    _, _, rest = authorization.partition("Credential=")
    parts = rest.split(",", 1)[0].strip().split("/")
    if len(parts) < 5:
        return None
    return "/".join(parts[:-4]), parts[-3], parts[-2]


class MiniStack:
    """The MiniStack of this process. `prepare_environment` first."""

    def __init__(self, account: str, region: str, endpoint_url: str) -> None:
        from ministack import app
        from ministack.core import iam_evaluator, responses
        from ministack.services import eventbridge, iam, s3, sts
        from ministack.services import stepfunctions as machines

        self.account = account
        self.region = region
        self.endpoint_url = endpoint_url
        self.app: AsgiApp = app.app
        self._evaluator = iam_evaluator
        self._responses = responses
        self._eventbridge = eventbridge
        self._iam = iam
        self._s3 = s3
        self._sts = sts
        self._machines = machines

    # Requests to our own services

    def authenticate(self, scope: Scope, headers: Mapping[str, str], body: bytes, service: str) -> None:
        """Check a request's signature, time and session token, as AWS does before anything else."""
        signed = credential_scope(headers)
        access_key = signed[0] if signed else ""
        self._responses.set_request_account_id(self._evaluator.find_iam_access_key_account(access_key) or access_key)
        self._responses.set_request_region(signed[1] if signed else self.region)
        query = parse_qs(scope.get("query_string", b"").decode(), keep_blank_values=True)
        raw_path = scope.get("raw_path") or scope["path"].encode()
        self._evaluator.pin_signed_request(scope["method"], raw_path.decode("latin-1"), query, scope["headers"])
        self._evaluator.pin_signed_body(body)
        failure = self._evaluator.check_credentials(access_key, service)
        if failure:
            raise AwsError(failure.code, failure.message, 403)

    def authorise(
        self,
        access_key: str,
        action: str,
        resource: str,
        context: Mapping[str, Any] | None = None,
        status: int = 403,
    ) -> None:
        """Raise AccessDeniedException unless the key's policies allow `action` on `resource` (an ARN or `*`)."""
        service = action.partition(":")[0]
        denied = self._evaluator.enforce(access_key, action, service, self.region, resource, dict(context or {}))
        if denied is None:
            return
        if isinstance(denied, self._evaluator.AuthError):
            raise AwsError(denied.code, denied.message, 403)
        explicit = denied.decision == "Deny"
        reason = (
            "with an explicit deny in an identity-based policy"
            if explicit
            else f"because no identity-based policy allows the {action} action"
        )
        raise AwsError(
            "AccessDeniedException",
            f"User: {denied.principal_arn} is not authorized to perform: {action} on resource: {resource} {reason}",
            status,
        )

    # Buckets

    def bucket_exists(self, name: str) -> bool:
        """Whether the account has an S3 bucket of that name."""
        return any(key == (self.account, name) for key in self._s3._buckets._data)

    # Roles

    def role_credentials(self, role_arn: str, service: str, session: str) -> Credentials:
        """Temporary credentials of `role_arn` for an AWS service such as states.amazonaws.com.

        Raises AwsError AccessDenied when the role does not exist or does not trust the service.
        """
        name = role_arn.rsplit("/", 1)[-1]
        role = self._iam._roles.get(name)
        if role is None or not self._trusts(role["AssumeRolePolicyDocument"], role_arn, service):
            raise AwsError(
                "AccessDenied", f"{service} is not authorized to perform: sts:AssumeRole on resource: {role_arn}", 403
            )
        digest = hashlib.sha256(f"{role_arn} {service} {session}".encode()).hexdigest()
        key = f"ASIA{digest[:16].upper()}"
        secret, token = (hashlib.sha256(f"{part} {digest}".encode()).hexdigest() for part in ("secret", "token"))
        self._sts.register_session(
            key,
            {
                "Arn": f"arn:aws:sts::{self.account}:assumed-role/{name}/{session}",
                "UserId": f"{role.get('RoleId', name)}:{session}",
                "SecretAccessKey": secret,
                "SessionToken": token,
            },
        )
        return Credentials(key, secret, token)

    def lambda_credentials(self, role_arn: str, function: str) -> Credentials:
        """What a function's environment gets."""
        return self.role_credentials(role_arn, "lambda.amazonaws.com", function)

    def _trusts(self, policy: str | dict[str, Any], role_arn: str, service: str) -> bool:
        return self.policy_allows_service(policy, service, "sts:AssumeRole", role_arn, None)

    def policy_allows_service(
        self, policy: str | dict[str, Any], service: str, action: str, resource: str, source_arn: str | None
    ) -> bool:
        """Whether a resource's own policy lets an AWS service do `action` to it on behalf of `source_arn`."""
        document = (
            json.loads(policy if policy.lstrip().startswith("{") else unquote(policy))
            if isinstance(policy, str)
            else policy
        )
        context = {"aws:sourceaccount": self.account}
        if source_arn is not None:
            context["aws:sourcearn"] = source_arn
        evaluation = self._evaluator.EvalContext(
            principal_arn="*",
            principal_type="Service",
            principal_account="",
            action=action,
            resource_arn=resource,
            region=self.region,
            service_context=context,
        )
        # A trust policy names no resource: the role itself is meant.
        statements = document.get("Statement", [])
        statements = [statements] if isinstance(statements, dict) else statements
        document = {"Statement": [{"Resource": resource, **statement} for statement in statements]}
        result = self._evaluator.evaluate_resource_policy(document, evaluation, service)
        return bool(result.decision == "Allow")

    # State machines, which MiniStack keeps

    def machine(self, arn: str) -> MachineInfo | None:
        """The state machine of an ARN (of a version or an alias too), as it is now."""
        status, _, body = contextvars.Context().run(self._machines._describe_state_machine, {"stateMachineArn": arn})
        if status != 200:
            return None
        found = json.loads(body)
        created = datetime.fromisoformat(found["creationDate"]).timestamp()
        return MachineInfo(found["name"], found["definition"], found["roleArn"], found["type"], created)

    def machine_arns(self) -> list[str]:
        """Every state machine."""
        return list(contextvars.Context().run(lambda: list(self._machines._state_machines)))

    def machine_may(self, role_arn: str, action: str, resource: str) -> bool:
        """Whether a state machine's role allows what the machine does itself."""
        return self.role_may(role_arn, "states.amazonaws.com", action, resource)

    def role_may(self, role_arn: str, service: str, action: str, resource: str) -> bool:
        """Whether an AWS service that assumes a role may do something with it."""
        try:
            credentials = self.role_credentials(role_arn, service, service.partition(".")[0])
            contextvars.Context().run(self.authorise, credentials.access_key, action, resource)
        except AwsError:
            return False
        return True

    # Events

    def make_event(self, source: str, detail_type: str, detail: dict[str, Any], resources: list[str]) -> dict[str, Any]:
        """An event of now on the default bus, as MiniStack keeps them; any source, `aws.*` too."""
        return {
            "EventId": str(uuid.uuid4()),
            "Source": source,
            "DetailType": detail_type,
            "Detail": json.dumps(detail),
            "EventBusName": "default",
            "Time": int(time.time()),
            "Resources": resources,
            "Account": self.account,
            "Region": self.region,
        }

    def publish_event(self, event: dict[str, Any]) -> None:
        """Deliver an event to the rules that match it."""
        contextvars.Context().run(self._eventbridge._dispatch_event, event)

    def fire_rule(self, name: str) -> bool:
        """Let a scheduled rule of the default bus fire now; False when there is none enabled."""
        key = (self.account, self.region, f"default|{name}")
        rule = self._eventbridge._rules._data.get(key)
        if rule is None or rule.get("State") != "ENABLED" or not rule.get("ScheduleExpression"):
            return False
        self._eventbridge._rule_last_fired[key] = 0
        contextvars.Context().run(self._eventbridge._tick_scheduled_rules)
        return True

    # Requests from inside

    async def call(
        self,
        app: AsgiApp,
        service: str,
        method: str,
        path: str,
        body: bytes,
        credentials: Credentials,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, dict[str, str], bytes]:
        """Send a signed request to `app` without a socket; (status, headers in lower case, body)."""
        request = AWSRequest(method, f"{self.endpoint_url}{path}", data=body, headers=dict(headers or {}))
        SigV4Auth(credentials, service, self.region).add_auth(request)
        host = self.endpoint_url.partition("://")[2]
        sent = {"host": host, "content-length": str(len(body))} | {k.lower(): v for k, v in request.headers.items()}
        scope: Scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
            "client": ("127.0.0.1", 0),
            "server": ("127.0.0.1", 0),
        }
        messages = [{"type": "http.request", "body": body, "more_body": False}]
        answer: dict[str, Any] = {}
        chunks: list[bytes] = []

        async def receive() -> dict[str, Any]:
            if messages:
                return messages.pop()
            disconnected: dict[str, Any] = await asyncio.get_running_loop().create_future()
            return disconnected

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                answer.update(message)
            else:
                chunks.append(message.get("body", b""))

        await app(scope, receive, send)
        got = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer["headers"]}
        return answer["status"], got, b"".join(chunks)

    def close(self) -> None:
        """End the Lambdas' processes."""
        from ministack.core import lambda_runtime

        lambda_runtime.reset()
