"""The API without a network: every bad request gets a 4xx in the one shape, and changes nothing."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from app import app
from showrunner.errors import InProgress
from showrunner.session import Session, moment
from showrunner.store import Store
from tests.cloud import Cloud
from tests.document import check

Call = Callable[..., tuple[int, Any, dict[str, str]]]
RESOURCES = sorted(app.routes)


@pytest.fixture
def call(table: Store) -> Call:
    """Call the API handler as API Gateway does, after its authorizer: (status, body, headers)."""

    def act(
        method: str,
        path: str,
        body: Any = None,
        *,
        sub: str = "ann",
        groups: str = "",
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, Any, dict[str, str]]:
        resource, parameters = match(path)
        text = body if isinstance(body, str) or body is None else json.dumps(body)
        event = {
            "requestContext": {
                "httpMethod": method,
                "resourcePath": resource,
                "path": path,
                "authorizer": {"claims": {"sub": sub, **({"cognito:groups": groups} if groups else {})}},
            },
            "pathParameters": parameters,
            "multiValueQueryStringParameters": {name: [value] for name, value in (query or {}).items()},
            "headers": {"content-type": "application/json", **(headers or {})},
            "body": text,
            "isBase64Encoded": False,
            "stageVariables": None,
        }
        answer = app(event, None)
        shown = {name.lower(): value for name, value in answer["headers"].items()}
        told = json.loads(answer["body"]) if answer["body"] else None
        check(method, resource, answer["statusCode"], told)
        return answer["statusCode"], told, shown

    return act


def match(path: str) -> tuple[str, dict[str, str]]:
    """The route's resource path and the path's parameters."""
    given = path.split("/")
    for resource in RESOURCES:
        wanted = resource.split("/")
        if len(wanted) == len(given) and all(w == g or w.startswith("{") for w, g in zip(wanted, given, strict=True)):
            pairs = zip(wanted, given, strict=True)
            return resource, {w.strip("{}"): g for w, g in pairs if w.startswith("{")}
    raise LookupError(path)


def cursor(**changed: Any) -> str:
    key = {"pk": "SESSION#show", "sk": "META", "owner": "ann", "created_at": "2026-01-01T00:00:00.000Z", **changed}
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def is_error(body: Any, name: str) -> bool:
    return set(body) == {"error", "message", "details"} and body["error"] == name and bool(body["message"])


def test_health_needs_nobody(call: Call) -> None:
    assert call("GET", "/health")[:2] == (200, {"status": "ok"})


def test_a_session_is_created_as_asked_and_read_back(call: Call) -> None:
    wish = {"id": "show", "title": "Morning", "profile": "360p30", "record": "off", "limits": {"live_seconds": 600}}
    status, created, _ = call("POST", "/sessions", wish)
    assert status == 201
    assert created["message"] == "Session 'show' is created."
    status, read, headers = call("GET", "/sessions/show")
    assert (status, read) == (200, created["session"] | {"open_recordings": [], "timeline": [], "cursor": None})
    assert {k: read[k] for k in ("id", "title", "profile", "record", "state", "attempt", "owner")} == {
        "id": "show",
        "title": "Morning",
        "profile": "360p30",
        "record": "off",
        "state": "created",
        "attempt": 0,
        "owner": "ann",
    }
    assert read["limits"] == {"ready_seconds": 7200, "input_seconds": 1800, "live_seconds": 600, "idle_seconds": 1800}
    assert headers["access-control-allow-origin"] == "https://studio.example"


def test_the_predecessors_studio_can_create(call: Call) -> None:
    status, created, _ = call("POST", "/sessions", {"showId": "s1", "episodeId": "e1"})
    assert status == 201
    assert created["session"]["show_id"] == "s1"


def test_a_taken_id_is_refused(call: Call) -> None:
    call("POST", "/sessions", {"id": "show"})
    status, body, _ = call("POST", "/sessions", {"id": "show"})
    assert status == 409
    assert is_error(body, "SessionExists")


BAD_BODIES = [
    ("{", "InvalidRequest", 400),
    ("nonsense", "InvalidRequest", 400),
    ("[]", "InvalidRequest", 400),
    ('"text"', "InvalidRequest", 400),
    ("\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "InvalidRequest", 400),
    ('{"title": 5}', "InvalidRequest", 400),
    ('{"colour": "red"}', "InvalidRequest", 400),
    ('{"id": "a b"}', "InvalidRequest", 400),
    ('{"id": ""}', "InvalidRequest", 400),
    ('{"limits": {"live_seconds": 1e99}}', "InvalidRequest", 400),
    ("[" * 10_000, "InvalidRequest", 400),
    ('{"title": "' + "x" * 70_000 + '"}', "BodyTooLarge", 413),
]


@pytest.mark.parametrize(("body", "error", "status"), BAD_BODIES)
def test_a_bad_body_is_refused_and_nothing_is_made(call: Call, body: str, error: str, status: int) -> None:
    answered, said, headers = call("POST", "/sessions", body)
    assert answered == status
    assert is_error(said, error)
    assert headers["access-control-allow-origin"] == "https://studio.example"
    assert call("GET", "/sessions")[1]["sessions"] == []


def test_another_content_type_is_refused(call: Call) -> None:
    status, body, _ = call(
        "POST", "/sessions", "id=show", headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert status == 415
    assert is_error(body, "UnsupportedMediaType")


@pytest.mark.parametrize("session_id", ["a%20b", "a.b", "ä", "x" * 41, "a'b", "META#1", "<script>"])
def test_an_odd_id_is_refused_everywhere(call: Call, session_id: str) -> None:
    for resource in RESOURCES:
        for method in app.routes[resource]:
            if "{session_id}" in resource:
                path = resource.replace("{session_id}", session_id).replace("{name}", "show-1")
                status, body, _ = call(method, path)
                assert status == 400, path
                assert is_error(body, "InvalidRequest")
                assert body["details"] == {"field": "id"}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"limit": "²"}, "limit"),
        ({"cursor": "!!"}, "cursor"),
        ({"limit": "1" * 5000}, "limit"),
        ({"cursor": "e30="}, "cursor"),
        ({"cursor": cursor(pk=5)}, "cursor"),
        ({"cursor": cursor(pk="")}, "cursor"),
        ({"cursor": cursor(created_at="")}, "cursor"),
        ({"cursor": cursor(created_at="\ud800")}, "cursor"),
        ({"cursor": cursor(owner="ben")}, "cursor"),
        ({"cursor": base64.b64encode(b"[" * 5000).decode()}, "cursor"),
        ({"owner": ""}, "owner"),
        ({"owner": "x" * 3000}, "owner"),
        ({"page": "2"}, "page"),
    ],
)
def test_a_bad_query_names_the_parameter(call: Call, query: dict[str, str], field: str) -> None:
    status, body, _ = call("GET", "/sessions", query=query)
    assert status == 400
    assert is_error(body, "InvalidRequest")
    assert body["details"] == {"field": field}


@pytest.mark.usefixtures("cloud")
def test_more_sessions_than_may_run_at_once_are_refused(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOWRUNNER_SESSIONS_OF_OWNER", "1")
    assert call("POST", "/sessions/first/streaming/start")[0] == 202
    assert call("POST", "/sessions/first/streaming/start")[0] == 200
    status, body, _ = call("POST", "/sessions/second/streaming/start")
    assert status == 409
    assert is_error(body, "TooManySessions")
    assert (body["details"], "first" in body["message"]) == ({"limit": 1}, True)


# What a route can't do without.
WISHES: dict[str, Any] = {"commands": {"action": "SWITCH_SOURCE", "sourceId": "host"}, "extend": {"seconds": 60}}


def test_another_owners_session_does_not_exist(call: Call) -> None:
    call("POST", "/sessions", {"id": "show"})
    for resource in RESOURCES:
        for method in app.routes[resource]:
            if "{session_id}" in resource:
                path = resource.replace("{session_id}", "show").replace("{name}", "show-1")
                wish = WISHES.get(path.rpartition("/")[2])
                status, body, _ = call(method, path, wish, sub="ben")
                assert status == 404, (method, path)
                assert is_error(body, "SessionNotFound")
    assert call("GET", "/sessions/show")[1]["version"] == 1


def test_producers_see_but_do_not_touch(call: Call) -> None:
    call("POST", "/sessions", {"id": "show"})
    assert call("GET", "/sessions/show", sub="pat", groups="[crew, producers]")[0] == 200
    assert call("GET", "/sessions", sub="pat", groups="producers", query={"owner": "ann"})[1]["sessions"] != []
    assert call("POST", "/sessions/show/streaming/stop", sub="pat", groups="producers")[0] == 404
    assert call("GET", "/sessions/show/ingest", sub="pat", groups="producers")[0] == 404
    status, body, _ = call("GET", "/sessions", sub="ben", query={"owner": "ann"})
    assert status == 403
    assert is_error(body, "Forbidden")


def test_sessions_come_in_pages(call: Call, table: Store) -> None:
    for number in range(5):
        made = f"2026-01-0{number + 1}T00:00:00.000Z"
        table.create_session(Session(id=f"show-{number}", owner="ann", created_at=made))
    first = call("GET", "/sessions", query={"limit": "3"})[1]
    second = call("GET", "/sessions", query={"limit": "3", "cursor": first["next"]})[1]
    assert [s["id"] for s in first["sessions"] + second["sessions"]] == [f"show-{n}" for n in (4, 3, 2, 1, 0)]
    assert second["next"] is None
    assert call("GET", "/sessions", sub="ben", query={"cursor": first["next"]})[0] == 400


def test_the_same_key_and_request_get_the_same_answer(call: Call) -> None:
    key = {"idempotency-key": "k1"}
    first = call("POST", "/sessions", {"title": "x"}, headers=key)
    again = call("POST", "/sessions", {"title": "x"}, headers=key)
    assert first[:2] == again[:2]
    assert again[2]["idempotency-replayed"] == "true"
    assert len(call("GET", "/sessions")[1]["sessions"]) == 1


def test_the_same_key_with_another_request_is_refused(call: Call) -> None:
    key = {"idempotency-key": "k1"}
    call("POST", "/sessions", {"title": "x"}, headers=key)
    status, body, _ = call("POST", "/sessions", {"title": "y"}, headers=key)
    assert status == 422
    assert is_error(body, "IdempotencyKeyReused")
    assert call("POST", "/sessions", {"title": "y"}, headers=key, sub="ben")[0] == 201


@pytest.mark.parametrize("seconds", [600, 86_400 - 28_800], ids=["", "as long as a show can be"])
def test_an_extension_that_died_before_its_answer_is_made_once(
    call: Call, table: Store, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    table.create_session(Session(id="show", owner="ann"))
    table.begin_attempt(table.session("show"), start=True)
    table.advance("show", 1, "starting", "")
    table.mark("show", 1, "live_at")
    table.advance("show", 1, "live", "")
    ends_at = call("GET", "/sessions/show")[1]["ends_at"]

    def press(key: str) -> tuple[int, Any, dict[str, str]]:
        return call("POST", "/sessions/show/extend", {"seconds": seconds}, headers={"idempotency-key": key})

    with monkeypatch.context() as dying:
        dying.setattr(Store, "answer_request", lambda *_: 1 / 0)
        assert press("k1")[0] == 500
    status, said, headers = press("k1")
    assert (status, "idempotency-replayed" in headers) == (200, False)
    assert moment(said["ends_at"]) - moment(ends_at) == timedelta(seconds=seconds)
    assert press("k1")[2]["idempotency-replayed"] == "true"
    assert [entry.text for entry in table.timeline("show") if entry.kind == "extended"] == [f"Extended by {seconds} s"]
    assert table.attempt("show", 1).extended_seconds == seconds
    assert press("k2")[0] == (200 if seconds == 600 else 400)


def test_two_extensions_at_once_under_one_key_are_one(table: Store) -> None:
    """The one that comes second has looked before the first one wrote."""
    table.create_session(Session(id="show", owner="ann"))
    table.begin_attempt(table.session("show"), start=True)
    table.begin_request("ann", "k1", "digest")
    seen = table.attempt("show", 1)
    for _ in range(2):
        assert table.extend(seen, {"extended_wait": 60}, "Extended", "ann", "k1").extended_wait == 60
    with pytest.raises(InProgress):
        table.extend(seen, {"extended_wait": 60}, "Extended", "ann")


def test_a_key_must_be_printable(call: Call) -> None:
    status, body, _ = call("POST", "/sessions", {}, headers={"idempotency-key": "a b"})
    assert status == 400
    assert is_error(body, "InvalidRequest")


def test_no_address_is_shown_for_an_input_that_is_gone_or_not_made_yet(call: Call, cloud: Cloud, table: Store) -> None:
    table.create_session(Session(id="show", owner="ann"))
    assert table.begin_attempt(table.session("show"), start=True)
    table.remember_input("show", 1, "host", "1234567")
    status, body, _ = call("GET", "/sessions/show/ingest")
    assert status == 409
    assert is_error(body, "Conflict")
    table.advance("show", 1, "stopping", "stop")
    assert call("GET", "/sessions/show/ingest")[0] == 409


def test_a_stop_of_what_never_started_says_so(call: Call) -> None:
    call("POST", "/sessions", {"id": "show"})
    status, body, _ = call("POST", "/sessions/show/streaming/stop")
    assert (status, body["message"], body["state"]) == (200, "Session 'show' was never started.", "created")


def test_a_deleted_session_is_gone(call: Call) -> None:
    call("POST", "/sessions", {"id": "show"})
    status, body, _ = call("DELETE", "/sessions/show")
    assert (status, body["sessionId"]) == (202, "show")
    assert call("GET", "/sessions/show")[0] == 404
    assert call("POST", "/sessions/show/streaming/start")[0] == 404
    assert call("GET", "/sessions")[1]["sessions"] == []


def test_a_fault_of_ours_is_a_500_without_details(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Store, "session", lambda *_: 1 / 0)
    status, body, headers = call("GET", "/sessions/show")
    assert status == 500
    assert is_error(body, "InternalError")
    assert "division" not in json.dumps(body)
    assert headers["access-control-allow-origin"] == "https://studio.example"
