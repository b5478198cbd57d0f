"""HTTP in and out: the one place that reads a request and turns an error into an answer.

Every error is `{"error": "SessionNotFound", "message": "one sentence that says what to do", "details": {}}`.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Generic, Literal, TypeVar

import msgspec
from chalice.app import Chalice, Response

from showrunner.errors import (
    BodyTooLarge,
    IdempotencyKeyReused,
    InvalidRequest,
    ShowrunnerError,
    UnsupportedMediaType,
)
from showrunner.observability import logger
from showrunner.settings import settings
from showrunner.store import Item, store
from showrunner.validation import explain

MOST_BODY_BYTES = 64 * 1024
ID = re.compile(r"[A-Za-z0-9_-]{1,40}")
NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")
KEY = re.compile(r"[\x21-\x7e]{1,255}")
LIMIT = re.compile(r"[1-9][0-9]?|100")
PRODUCERS = "producers"

T = TypeVar("T")


@dataclass(frozen=True)
class Caller:
    """Who asks, by the ID token that API Gateway checked. `producer`: may see all sessions."""

    sub: str
    producer: bool = False


class Cursor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key of the index of owners, as DynamoDB takes it; what comes back from a caller may be anything."""

    pk: Annotated[str, msgspec.Meta(pattern=r"^SESSION#[A-Za-z0-9_-]{1,40}\Z")]
    sk: Literal["META"]
    owner: str
    created_at: Annotated[str, msgspec.Meta(pattern=r"^[0-9TZ:.-]{1,30}\Z")]


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    headers: dict[str, str | list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Call(Generic[T]):
    """A request, checked: `body` has its type, `query` only known names."""

    caller: Caller
    body: T
    query: dict[str, str] = field(default_factory=dict)
    idempotency_key: str | None = None

    @property
    def limit(self) -> int:
        """How many items a page may have."""
        text = self.query.get("limit", "50")
        if not LIMIT.fullmatch(text):
            raise InvalidRequest("'limit' must be a whole number from 1 to 100.", field="limit")
        return int(text)

    def cursor(self, owner: str) -> Item | None:
        """Where the page begins: what `next_cursor` gave for the same owner."""
        text = self.query.get("cursor")
        if text is None:
            return None
        try:
            key = msgspec.json.decode(base64.urlsafe_b64decode(text.encode()), type=Cursor)
            if key.owner != owner:
                raise ValueError
        except (ValueError, binascii.Error, msgspec.DecodeError):
            raise InvalidRequest("'cursor' must be the 'next' of an earlier answer.", field="cursor") from None
        return msgspec.to_builtins(key)  # type: ignore[no-any-return]

    @staticmethod
    def next_cursor(key: Item | None) -> str | None:
        return base64.urlsafe_b64encode(json.dumps(key).encode()).decode() if key else None


class Api:
    """Registers routes on a Chalice app, each with its checks before and its errors after."""

    def __init__(self, app: Chalice, **route_options: Any) -> None:
        self._app = app
        self._options = route_options

    def route(
        self,
        method: str,
        path: str,
        body: type[Any] | None = None,
        query: frozenset[str] = frozenset(),
        public: bool = False,
    ) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
        """The function is called with a `Call` and the path's parameters."""

        def register(function: Callable[..., Answer]) -> Callable[..., Answer]:
            def view(**parameters: str) -> Response:
                return self._answer(function, parameters, body, query, public)

            view.__name__ = function.__name__
            options = {k: v for k, v in self._options.items() if not (public and k == "authorizer")}
            self._app.route(path, methods=[method], name=function.__name__, **options)(view)
            return function

        return register

    def _answer(
        self,
        function: Callable[..., Answer],
        parameters: dict[str, str],
        body: type[Any] | None,
        query: frozenset[str],
        public: bool,
    ) -> Response:
        request = self._app.current_request
        try:
            _check_parameters(parameters)
            call: Call[Any] = Call(
                caller=Caller("") if public else _caller(request.context),
                body=_body(request, body),
                query=_query(request.query_params, query),
                idempotency_key=_idempotency_key(request.headers) if request.method == "POST" else None,
            )
            return respond(_once(request, call, lambda: function(call, **parameters)))
        except ShowrunnerError as error:
            return respond(Answer(error.status, error_body(error)))
        except Exception:
            logger.exception("unhandled", path=request.context.get("resourcePath"))
            return respond(
                Answer(500, {"error": "InternalError", "message": "Something broke on our side. Try again."})
            )


def error_body(error: ShowrunnerError) -> Item:
    return {"error": type(error).__name__, "message": error.message, "details": error.details}


def respond(answer: Answer) -> Response:
    headers: dict[str, str | list[str]] = {
        "Content-Type": "application/json",
        "Access-Control-Allow-Origin": settings().cors_origin,
        "Access-Control-Allow-Credentials": "true",  # so that a page may keep a playlist's cookies; we read none
        "Vary": "Origin",
        **answer.headers,
    }
    body = {"details": {}, **answer.body} if "error" in answer.body else answer.body
    return Response(msgspec.json.encode(body).decode(), headers, answer.status)


def _once(request: Any, call: Call[Any], act: Callable[[], Answer]) -> Answer:
    """Under an Idempotency-Key, the same request gets the same answer for a day."""
    key = call.idempotency_key
    if key is None:
        return act()
    content = f"{request.method} {request.path}\n".encode() + request.raw_body
    digest = hashlib.sha256(content).hexdigest()
    before = store().begin_request(call.caller.sub, key, digest)
    if before and before.request != digest:
        raise IdempotencyKeyReused("This Idempotency-Key came with another request before. Use a new one.")
    if before and before.status:
        return Answer(before.status, json.loads(before.body), {"Idempotency-Replayed": "true"})
    try:
        answer = act()
    except ShowrunnerError as error:
        if error.status >= 500:
            raise
        answer = Answer(error.status, error_body(error))
    store().answer_request(call.caller.sub, key, answer.status, msgspec.json.encode(answer.body).decode())
    return answer


def _caller(context: Item) -> Caller:
    claims = context["authorizer"]["claims"]
    # API Gateway hands the groups on as one string.
    groups = re.split(r"[,\s\[\]]+", claims.get("cognito:groups", ""))
    return Caller(claims["sub"], PRODUCERS in groups)


def _check_parameters(parameters: dict[str, str]) -> None:
    for name, pattern, rule in (
        ("session_id", ID, "1 to 40"),
        ("recording_id", NAME, "1 to 80"),
        ("media_id", ID, "1 to 40"),
        ("name", NAME, "1 to 80"),
    ):
        if name in parameters and not pattern.fullmatch(parameters[name]):
            shown = name.removeprefix("session_").removeprefix("recording_").removeprefix("media_")
            raise InvalidRequest(f"'{shown}' must be {rule} letters, digits, '-' and '_'.", field=shown)


def _body(request: Any, expected: type[Any] | None) -> Any:
    raw: bytes = request.raw_body or b""
    if len(raw) > MOST_BODY_BYTES:
        raise BodyTooLarge(f"The body has {len(raw)} bytes; {MOST_BODY_BYTES} are allowed.")
    if expected is None:
        return None
    if not raw.strip():
        return _decode(b"{}", expected)
    content_type = request.headers.get("content-type", "application/json").split(";")[0].strip().lower()
    if content_type != "application/json":
        raise UnsupportedMediaType("The body must be JSON, with Content-Type application/json.")
    return _decode(raw, expected)


def _decode(raw: bytes, expected: type[Any]) -> Any:
    try:
        return msgspec.json.decode(raw, type=expected)
    except msgspec.ValidationError as error:
        message, where = explain(error, expected)
        raise InvalidRequest(message, field=where) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise InvalidRequest("The body is not JSON. Send an object, or nothing.", field="body") from None


def _query(given: Any, known: frozenset[str]) -> dict[str, str]:
    query = {name: given[name] for name in (given or {})}
    if unknown := sorted(set(query) - known):
        allowed = ", ".join(sorted(known)) or "none"
        raise InvalidRequest(f"'{unknown[0]}' is not a query parameter here. Known: {allowed}.", field=unknown[0])
    return query


def _idempotency_key(headers: Any) -> str | None:
    key: str | None = headers.get("idempotency-key")
    if key is not None and not KEY.fullmatch(key):
        raise InvalidRequest("'Idempotency-Key' must be 1 to 255 printable characters.", field="Idempotency-Key")
    return key
