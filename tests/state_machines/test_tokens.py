"""The API behind API Gateway: who gets in, and what the gateway itself says to who does not."""

import base64
import json
import time

import httpx
import pytest

from sandbox.users import create_user, sign_in
from tests.studio import Studio, eventually

ORIGIN = "access-control-allow-origin"


def forged(token: str, **claims: object) -> str:
    """The token with other claims and its old signature."""
    head, body, signature = token.split(".")
    values = json.loads(base64.urlsafe_b64decode(body + "==")) | claims
    return ".".join([head, base64.urlsafe_b64encode(json.dumps(values).encode()).rstrip(b"=").decode(), signature])


def unsigned(token: str) -> str:
    body = token.split(".")[1]
    head = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    return f"{head}.{body}."


def assert_refused(answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"error", "message", "details"}
    assert answer.headers[ORIGIN]


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer nonsense", "Basic YTpi", "Bearer a.b.c"], ids=lambda v: f"<{v}>"
)
def test_without_a_token_nobody_gets_in(studio: Studio, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    assert_refused(studio.api.get("/sessions", headers=headers), 401)


def test_a_forged_token_is_refused(studio: Studio) -> None:
    for token in (
        forged(studio.token, sub="somebody-else"),
        forged(studio.token, exp=int(time.time()) + 86_400),
        unsigned(studio.token),
        studio.token[:-6] + "AAAAAA",
    ):
        assert_refused(studio.api.get("/sessions", headers={"Authorization": f"Bearer {token}"}), 401)


def test_an_expired_token_is_refused(studio: Studio) -> None:
    """Signed by the right pool for the right user: only its time is over."""
    cognito, pool = studio.aws["cognito-idp"], studio.outputs["UserPoolId"]
    credentials = {"USERNAME": "late@example.com", "PASSWORD": "Aa1-late-for-the-show"}
    create_user(cognito, pool, studio.outputs["UserPoolClientId"], *credentials.values())
    flows = ["ALLOW_USER_PASSWORD_AUTH"]
    client = cognito.create_user_pool_client(UserPoolId=pool, ClientName="late", ExplicitAuthFlows=flows)

    def listed(validity: int) -> httpx.Response:
        """The answer to a token of `validity` seconds once it is two seconds old."""
        client_id = client["UserPoolClient"]["ClientId"]
        cognito.update_user_pool_client(
            UserPoolId=pool,
            ClientId=client_id,
            ExplicitAuthFlows=flows,
            IdTokenValidity=validity,
            TokenValidityUnits={"IdToken": "seconds"},
        )
        token = sign_in(cognito, client_id, *credentials.values())
        old = time.time() + 2
        eventually(lambda: time.time() > old)
        return studio.api.get("/sessions", headers={"Authorization": f"Bearer {token}"})

    assert listed(validity=3600).status_code == 200
    assert_refused(listed(validity=1), 401)


def test_another_pools_token_is_refused(studio: Studio) -> None:
    cognito = studio.aws["cognito-idp"]
    pool = cognito.create_user_pool(PoolName="foreign")["UserPool"]["Id"]
    client = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName="cli", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    cognito.admin_create_user(UserPoolId=pool, Username="eve", MessageAction="SUPPRESS")
    cognito.admin_set_user_password(UserPoolId=pool, Username="eve", Password="Aa1-foreign-pool", Permanent=True)
    token = cognito.initiate_auth(
        ClientId=client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "eve", "PASSWORD": "Aa1-foreign-pool"},
    )["AuthenticationResult"]["IdToken"]
    assert_refused(studio.api.get("/sessions", headers={"Authorization": f"Bearer {token}"}), 401)


def test_the_owners_session_is_hidden_from_other_users_and_shown_to_producers(studio: Studio) -> None:
    show = studio.create()
    ben = studio.another("ben@example.com")
    for method, path in (
        ("GET", f"/sessions/{show}"),
        ("POST", f"/sessions/{show}/streaming/start"),
        ("POST", f"/sessions/{show}/streaming/stop"),
        ("DELETE", f"/sessions/{show}"),
        ("GET", f"/sessions/{show}/ingest"),
    ):
        assert_refused(ben.call(method, path), 404)
    assert studio.session(show)["state"] == "created"
    assert ben.call("GET", "/sessions").json()["sessions"] == []

    studio.aws["cognito-idp"].admin_add_user_to_group(
        UserPoolId=studio.outputs["UserPoolId"], Username="ben@example.com", GroupName="producers"
    )
    producer = studio.another("ben@example.com")
    assert producer.session(show)["id"] == show
    assert_refused(producer.call("GET", f"/sessions/{show}/ingest"), 404)


def test_an_unknown_route_and_a_wrong_method_answer_in_our_shape(studio: Studio) -> None:
    assert_refused(studio.call("GET", "/nowhere"), 404)
    assert_refused(studio.call("PUT", "/sessions"), 404)


def test_bad_requests_through_the_gateway(studio: Studio) -> None:
    answers = {
        400: studio.call("POST", "/sessions", {"colour": "red"}),
        413: studio.call("POST", "/sessions", {"title": "x" * 70_000}),
        415: studio.api.post(
            "/sessions",
            content="id=x",
            headers={"Authorization": f"Bearer {studio.token}", "content-type": "text/plain"},
        ),
    }
    for status, answer in answers.items():
        assert_refused(answer, status)
    assert_refused(studio.call("GET", "/sessions/a%20b"), 400)
    assert_refused(studio.call("GET", "/sessions?limit=zero"), 400)


def test_a_browser_may_ask_before_it_sends(studio: Studio) -> None:
    answer = studio.api.options(
        "/sessions", headers={"Origin": "http://localhost", "Access-Control-Request-Method": "POST"}
    )
    assert answer.status_code == 200
    assert answer.headers[ORIGIN]
    assert "Authorization" in answer.headers["access-control-allow-headers"]
    assert "Idempotency-Key" in answer.headers["access-control-allow-headers"]
    assert "If-None-Match" in answer.headers["access-control-allow-headers"]
    refused = studio.api.get("/sessions", headers={"Origin": "http://localhost"})
    for told in (refused, studio.call("GET", "/sessions")):  # by the gateway, and by the API
        assert {"Date", "ETag", "Retry-After"} <= set(told.headers["access-control-expose-headers"].split(","))


def test_health_is_open(studio: Studio) -> None:
    assert studio.api.get("/health").json() == {"status": "ok"}


def test_a_repeated_request_under_one_key_starts_once(studio: Studio) -> None:
    show = studio.create()
    key = {"Idempotency-Key": f"start-{show}"}
    path = f"/sessions/{show}/streaming/start"
    first = studio.call("POST", path, **key)
    studio.press(show, "stop")
    studio.until(show, "ended")
    late = studio.call("POST", path, **key)  # a client that had no answer and tries again
    assert (late.status_code, late.json()) == (first.status_code, first.json())
    assert studio.session(show)["state"] == "ended"
    assert studio.call("POST", path, {"showId": "other"}, **key).status_code == 422
