"""HTTP in and out: the one place that reads a request and turns an error into an answer.

Every error is `{"error": "SessionNotFound", "message": "one sentence that says what to do", "details": {}}`.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable
from http import HTTPStatus
from inspect import cleandoc
from types import NoneType
from typing import Annotated, Any, Generic, Literal, TypeVar, get_args, get_type_hints

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
PARAMETERS = {  # of paths: what they match, and in words
    "session_id": (ID, "1 to 40"),
    "recording_id": (NAME, "1 to 80"),
    "media_id": (ID, "1 to 40"),
    "channel_id": (NAME, "1 to 80"),
    "name": (NAME, "1 to 80"),
}
PRODUCERS = "producers"
RETRY: dict[str, str | list[str]] = {"Retry-After": "1"}

T = TypeVar("T")
A_co = TypeVar("A_co", covariant=True)


class Caller(msgspec.Struct, frozen=True):
    """Who asks, by the ID token that API Gateway checked. `producer`: may see all sessions."""

    sub: str
    producer: bool = False


class Cursor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key of the index of owners, as DynamoDB takes it; what comes back from a caller may be anything."""

    pk: Annotated[str, msgspec.Meta(pattern=r"^SESSION#[A-Za-z0-9_-]{1,40}\Z")]
    sk: Literal["META"]
    owner: str
    created_at: Annotated[str, msgspec.Meta(pattern=r"^[0-9TZ:.-]{1,30}\Z")]


class Answer(msgspec.Struct, Generic[A_co], frozen=True):
    """`body`: what JSON is made of; its type is what the API's document says of it."""

    status: int
    body: A_co
    headers: dict[str, str | list[str]] = msgspec.field(default_factory=dict)


class NoQuery(msgspec.Struct):
    """Of a route whose address takes no parameters behind the `?`."""


class Page(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which page of a list: how many items, and where it begins, by the `next` of the page before."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 50
    cursor: str | None = None

    def start(self, owner: str) -> Item | None:
        """The key that it begins with: what `next_cursor` gave for the same owner."""
        if self.cursor is None:
            return None
        try:
            key = msgspec.json.decode(base64.urlsafe_b64decode(self.cursor.encode()), type=Cursor)
            if key.owner != owner:
                raise ValueError
        except (ValueError, binascii.Error, msgspec.DecodeError):
            raise InvalidRequest("'cursor' must be the 'next' of an earlier answer.", field="cursor") from None
        return msgspec.to_builtins(key)  # type: ignore[no-any-return]


def next_cursor(key: Item | None) -> str | None:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode() if key else None


class Call(msgspec.Struct, Generic[T], frozen=True):
    """A request, checked: `body` has its type. Of a GET it is the query."""

    caller: Caller
    body: T
    idempotency_key: str | None = None
    if_none_match: str = ""

    def raise_if_known(self, etag: str, headers: dict[str, str]) -> None:
        """Raises NotModified where `If-None-Match` has the ETag, compared weakly (RFC 9110, 13.1.2)."""
        if {each.strip().removeprefix("W/") for each in self.if_none_match.split(",")} & {etag, "*"}:
            raise NotModified(headers)


class NotModified(Exception):
    """The caller has the answer already: 304, with these headers and without a body."""

    def __init__(self, headers: dict[str, str]) -> None:
        super().__init__("not modified")
        self.headers = headers


class Route(msgspec.Struct, frozen=True):
    """A route as the API's document tells of it: what is asked and answered are types that msgspec knows."""

    method: str
    path: str
    name: str
    statuses: tuple[int, ...]
    wish: type[Any]
    answer: Any
    public: bool
    about: str


class Api:
    """Registers routes on a Chalice app, each with its checks before and its errors after."""

    def __init__(self, app: Chalice, **route_options: Any) -> None:
        self._app = app
        self._options = route_options
        self.routes: list[Route] = []

    def route(
        self, method: str, path: str, *statuses: int, public: bool = False
    ) -> Callable[[Callable[..., Answer[Any]]], Callable[..., Answer[Any]]]:
        """The function is called with a `Call` and the path's parameters; its annotations say what it takes.

        `statuses`: what it answers besides the errors that every such route may answer; 200 unless told.
        """

        def register(function: Callable[..., Answer[Any]]) -> Callable[..., Answer[Any]]:
            wish, answer = _types(function)
            about = cleandoc(function.__doc__ or "")
            self.routes.append(
                Route(method, path, function.__name__, statuses or (HTTPStatus.OK,), wish, answer, public, about)
            )

            def view(**parameters: str) -> Response:
                return self._answer(function, parameters, wish, public)

            view.__name__ = function.__name__
            options = {k: v for k, v in self._options.items() if not (public and k == "authorizer")}
            self._app.route(path, methods=[method], name=function.__name__, **options)(view)
            return function

        return register

    def _answer(
        self, function: Callable[..., Answer[Any]], parameters: dict[str, str], wish: type[Any], public: bool
    ) -> Response:
        request = self._app.current_request
        try:
            _check_parameters(parameters)
            call: Call[Any] = Call(
                caller=Caller("") if public else _caller(request.context),
                body=_wish(request, wish),
                idempotency_key=_idempotency_key(request.headers) if request.method == "POST" else None,
                if_none_match=request.headers.get("if-none-match", ""),
            )
            return respond(_once(request, call, lambda: function(call, **parameters)))
        except NotModified as known:
            return respond(Answer(304, None, {**known.headers}))
        except ShowrunnerError as error:
            return respond(Answer(error.status, error_body(error), RETRY if error.status == 503 else {}))
        except Exception:
            logger().exception("unhandled", path=request.context.get("resourcePath"))
            said = "Something broke on our side. Try again."
            return respond(Answer(500, {"error": "InternalError", "message": said, "details": {}}))


def _types(function: Callable[..., Answer[Any]]) -> tuple[type[Any], Any]:
    """(what its `Call` holds, what its `Answer` holds). Raises TypeError where it does not say."""
    hints = get_type_hints(function)
    wish, answer = get_args(hints["call"]), get_args(hints["return"])
    if not wish or not answer:
        raise TypeError(f"'{function.__name__}' must say what its Call[...] and its Answer[...] hold")
    return wish[0], answer[0]


def error_body(error: ShowrunnerError) -> Item:
    return {"error": type(error).__name__, "message": error.message, "details": error.details}


def respond(answer: Answer[Any]) -> Response:
    headers: dict[str, str | list[str]] = {
        "Content-Type": "application/json",
        "Access-Control-Allow-Origin": settings().cors_origin,
        "Access-Control-Allow-Credentials": "true",  # so that a page may keep a playlist's cookies; we read none
        "Vary": "Origin",
        **answer.headers,
    }
    body = "" if answer.status == HTTPStatus.NOT_MODIFIED else msgspec.json.encode(answer.body).decode()
    return Response(body, headers, answer.status)


def _once(request: Any, call: Call[Any], act: Callable[[], Answer[Any]]) -> Answer[Any]:
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
    for name, (pattern, rule) in PARAMETERS.items():
        if name in parameters and not pattern.fullmatch(parameters[name]):
            shown = name.partition("_")[2] or name
            raise InvalidRequest(f"'{shown}' must be {rule} letters, digits, '-' and '_'.", field=shown)


def _wish(request: Any, expected: type[Any]) -> Any:
    """What is asked for: by the query of a GET, by the body of anything else; where nothing is, any body may come."""
    raw: bytes = request.raw_body or b""
    if len(raw) > MOST_BODY_BYTES:
        raise BodyTooLarge(f"The body has {len(raw)} bytes; {MOST_BODY_BYTES} are allowed.")
    if request.method == "GET" and expected is not NoneType:
        return _query(request.query_params, expected)
    _query(request.query_params, NoQuery)
    if expected is NoneType:
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


def _query(given: Any, expected: type[Any]) -> Any:
    query, known = {name: given[name] for name in (given or {})}, expected.__struct_fields__
    if unknown := sorted(set(query) - set(known)):
        allowed = ", ".join(sorted(known)) or "none"
        raise InvalidRequest(f"'{unknown[0]}' is not a query parameter here. Known: {allowed}.", field=unknown[0])
    try:
        return msgspec.convert(query, expected, strict=False)
    except msgspec.ValidationError as error:
        message, where = explain(error, expected)
        raise InvalidRequest(message, field=where) from None


def _idempotency_key(headers: Any) -> str | None:
    key: str | None = headers.get("idempotency-key")
    if key is not None and not KEY.fullmatch(key):
        raise InvalidRequest("'Idempotency-Key' must be 1 to 255 printable characters.", field="Idempotency-Key")
    return key
