"""Faults of requests, in front of every service: errors before or after the effect, throttling, latency, silence.

A fault speaks of a service by the name in the request's SigV4 scope (`states`, `dynamodb`, `s3`, ...) and of an
operation by AWS's name for it (`StartExecution`, `PutItem`, `PutObject`, ...).
"""

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from botocore.exceptions import UnknownServiceError

from sandbox.awsapi import rest_operation
from sandbox.faults import Fault, Faults
from sandbox.ministack import AsgiApp, Receive, Scope, Send, credential_scope

ERRORS: dict[str, tuple[str, int]] = {
    "medialive": ("InternalServerErrorException", 500),
    "ivs": ("InternalServerException", 500),
    "dynamodb": ("InternalServerError", 500),
    "states": ("ServiceUnavailable", 503),
    "lambda": ("ServiceException", 500),
    "s3": ("InternalError", 500),
    "servicequotas": ("ServiceException", 500),
}
"""What a service answers when it fails itself, and the HTTP status; otherwise InternalFailure, 500."""

THROTTLES: dict[str, tuple[str, int]] = {
    "medialive": ("TooManyRequestsException", 429),
    "ivs": ("ThrottlingException", 429),
    "dynamodb": ("ThrottlingException", 400),
    "states": ("ThrottlingException", 400),
    "lambda": ("TooManyRequestsException", 429),
    "s3": ("SlowDown", 503),
    "servicequotas": ("TooManyRequestsException", 400),
}
"""What it answers to too many calls; otherwise ThrottlingException, 400."""

S3: list[tuple[str, bool, str | None, str]] = [
    ("PUT", True, "partNumber", "UploadPart"),
    ("PUT", True, "tagging", "PutObjectTagging"),
    ("PUT", True, None, "PutObject"),
    ("GET", True, "tagging", "GetObjectTagging"),
    ("GET", True, None, "GetObject"),
    ("HEAD", True, None, "HeadObject"),
    ("DELETE", True, "uploadId", "AbortMultipartUpload"),
    ("DELETE", True, None, "DeleteObject"),
    ("POST", True, "uploads", "CreateMultipartUpload"),
    ("POST", True, "uploadId", "CompleteMultipartUpload"),
    ("POST", False, "delete", "DeleteObjects"),
    ("GET", False, "list-type", "ListObjectsV2"),
    ("GET", False, "location", "GetBucketLocation"),
    ("GET", False, None, "ListObjects"),
    ("PUT", False, None, "CreateBucket"),
    ("HEAD", False, None, "HeadBucket"),
    ("DELETE", False, None, "DeleteBucket"),
]
"""Method, whether there is a key, a query parameter -> operation; the first that fits. Others are ''."""

_MODELS = {"states": "stepfunctions", "monitoring": "cloudwatch"}
_LATENCY = frozenset({"latency"})
_BUT_LATENCY = frozenset({"error", "error_after", "throttle", "drop", "drop_after"})
_AFTER = frozenset({"error_after", "drop_after"})


def operation_of(
    service: str, method: str, path: str, query: Mapping[str, list[str]], headers: Mapping[str, str], body: bytes
) -> str:
    """AWS's name of a request's operation; '' when it cannot be told."""
    if target := headers.get("x-amz-target"):
        return target.rpartition(".")[2]
    if service == "s3":
        bucket, _, key = path.strip("/").partition("/")
        if not bucket:
            return "ListBuckets"
        for verb, with_key, parameter, name in S3:
            if verb == method and with_key == bool(key) and (parameter is None or parameter in query):
                return name
        return ""
    if "x-www-form-urlencoded" in headers.get("content-type", ""):
        found = re.search(rb"(?:^|&)Action=(\w+)", body)
        return found[1].decode() if found else ""
    try:
        return rest_operation(_MODELS.get(service, service), method, path) or ""
    except UnknownServiceError:
        return ""


class FaultyDoor:
    """An ASGI application in front of another one. Without faults of requests it only looks whether there are any."""

    def __init__(self, app: AsgiApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._faults.has("request"):
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        signed = credential_scope(headers)
        body = await read_body(receive)
        again = replay(body)
        if signed is None:
            await self._app(scope, again, send)
            return
        path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1").partition("?")[0]
        query = parse_qs(scope.get("query_string", b"").decode(), keep_blank_values=True)
        service = signed[2]
        about: dict[str, Any] = {
            "service": service,
            "operation": operation_of(service, scope["method"], path, query, headers, body),
            "names": (path, body.decode("latin-1")),
        }
        if (late := self._faults.take("request", kinds=_LATENCY, **about)) is not None:
            await asyncio.sleep(late.seconds or 0.0)
        fault = self._faults.take("request", kinds=_BUT_LATENCY, **about)
        if fault is None:
            await self._app(scope, again, send)
            return
        if fault.kind in _AFTER:
            await self._app(scope, again, swallow)
        if fault.kind in ("drop", "drop_after"):
            # A response that never gets its body: the server closes the connection without a byte.
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
            return
        await answer(send, *error_answer(fault, service, headers))


def error_answer(fault: Fault, service: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body, as the service's protocol has them."""
    throttled = fault.kind == "throttle"
    code, status = (
        THROTTLES.get(service, ("ThrottlingException", 400))
        if throttled
        else ERRORS.get(service, ("InternalFailure", 500))
    )
    code, status = fault.code or code, fault.status or (400 if fault.code else status)
    message = fault.message or "Ordered from the sandbox."
    text = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    if service == "s3":
        return status, {"content-type": "application/xml"}, f"<Error>{text}</Error>".encode()
    if "x-www-form-urlencoded" in headers.get("content-type", ""):
        document = f"<ErrorResponse><Error>{text}</Error></ErrorResponse>"
        return status, {"content-type": "text/xml"}, document.encode()
    content = json.dumps({"__type": code, "message": message}).encode()
    return status, {"content-type": "application/json", "x-amzn-errortype": code}, content


def replay(body: bytes) -> Receive:
    """A `receive` for a body that was read already."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop()
        await asyncio.Event().wait()  # whoever waits for the end of the connection is cancelled
        raise AssertionError

    return receive


async def swallow(message: dict[str, Any]) -> None:
    """A `send` that nobody hears."""


async def read_body(receive: Receive) -> bytes:
    """A request's whole body."""
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


async def answer(send: Send, status: int, headers: Mapping[str, str], body: bytes) -> None:
    """Send a whole response."""
    lines = [(name.encode(), value.encode()) for name, value in headers.items()]
    lines.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})
