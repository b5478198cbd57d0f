"""The sandbox's door: one ASGI application for every service, told apart as AWS's endpoints are.

- `/_sandbox/...` is the sandbox itself (`sandbox/control.py`);
- a request signed for one of our services (the service in its SigV4 credential scope) is answered by it;
- the execution calls of Step Functions (by `X-Amz-Target`) are answered by our engine;
- `/_aws/cloudfront/...`, and everything at the studio's port, is a CloudFront distribution (`sandbox/cloudfront.py`);
- a browser that opens `/` is led to the studio;
- everything else is MiniStack's.

All but the first pass the faults that are ordered for requests (`sandbox/wire.py`).
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from sandbox.cloudfront import Addresses, first_distribution
from sandbox.errors import AwsError
from sandbox.faults import Faults
from sandbox.ministack import STATES_BY_US, MiniStack, Receive, Scope, Send, credential_scope
from sandbox.wire import FaultyDoor, answer, read_body


class Response(Protocol):
    """What a service answers."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Api(Protocol):
    """One AWS service: a request in, a response out, at once (`sandbox.awsapi.ServiceApi`)."""

    def handle(self, method: str, path: str, query_string: str, headers: dict[str, str], body: bytes) -> Response: ...

    def refuse(self, error: AwsError) -> Response: ...


Control = Callable[[Scope, Receive, Send], Awaitable[None]]


class Gateway:
    """The ASGI application. `started` and `stopping` run inside MiniStack's own start and stop."""

    def __init__(
        self,
        ministack: MiniStack,
        services: Mapping[str, Api],
        executions: Api | None,
        control: Control,
        addresses: Addresses,
        started: Callable[[], None],
        stopping: Callable[[], Awaitable[None]],
        faults: Faults,
    ) -> None:
        self._ministack = ministack
        self._services = services
        self._executions = executions
        self._control = control
        self._addresses = addresses
        self._started = started
        self._stopping = stopping
        self._door = FaultyDoor(self._serve, faults)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
            return
        if scope["type"] != "http":
            await self._ministack.app(scope, receive, send)
            return
        if scope["path"].startswith("/_sandbox/") and scope["server"][1] != self._addresses.studio_port:
            await self._control(scope, receive, send)
            return
        await self._door(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (viewed := self._addresses.to_distribution(scope)) is not None:
            await self._ministack.app(viewed, receive, send)
            return
        if scope["server"][1] == self._addresses.studio_port:
            await answer(send, 404, {"content-type": "text/plain"}, b"No stack with a studio is deployed here.\n")
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if opens_root(scope, headers) and first_distribution():
            await answer(send, 302, {"location": f"{self._addresses.studio_url}/", "cache-control": "no-store"}, b"")
            return
        service, api = self._service(headers)
        if api is None:
            await self._ministack.app(scope, receive, send)
        else:
            await self._answer(service, api, scope, headers, receive, send)

    def _service(self, headers: Mapping[str, str]) -> tuple[str, Api | None]:
        signed = credential_scope(headers)
        service = signed[2] if signed else ""
        if service == "states" and headers.get("x-amz-target") in STATES_BY_US:
            return service, self._executions
        return service, self._services.get(service)

    async def _answer(
        self, service: str, api: Api, scope: Scope, headers: dict[str, str], receive: Receive, send: Send
    ) -> None:
        body = await read_body(receive)
        try:
            self._ministack.authenticate(scope, headers, body, service)
        except AwsError as error:
            response = api.refuse(error)
        else:
            query = scope.get("query_string", b"").decode()
            path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
            response = api.handle(scope["method"], path, query, headers, body)
        await answer(send, response.status, response.headers, response.body)

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def first_ours() -> dict[str, object]:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                await self._stopping()
            return message

        async def then_ours(message: dict[str, object]) -> None:
            if message["type"] == "lifespan.startup.complete":
                self._started()
            await send(message)

        await self._ministack.app(scope, first_ours, then_ours)


def opens_root(scope: Scope, headers: Mapping[str, str]) -> bool:
    """Whether a person's browser asks for `/`, which to a client of AWS is S3's ListBuckets."""
    asked = scope["method"] in ("GET", "HEAD") and scope["path"] == "/" and not scope.get("query_string")
    return asked and "authorization" not in headers and "text/html" in headers.get("accept", "")
