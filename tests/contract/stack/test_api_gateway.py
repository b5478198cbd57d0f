"""API Gateway: the authorizer, and errors as the API's own definition words them."""

from typing import Any

import httpx
import pytest

from sandbox.server import Sandbox
from sandbox.up import local_api_url
from sandbox.users import User, create_user

CORS = {"access-control-allow-origin": "https://studio.example"}


@pytest.fixture(scope="module")
def user(clients: Any, outputs: dict[str, str]) -> User:
    return create_user(
        clients("cognito-idp"), outputs["PoolId"], outputs["PoolClientId"], "someone@example.com", "Aa1-password"
    )


@pytest.fixture(scope="module")
def api(aws: Sandbox, outputs: dict[str, str]) -> httpx.Client:
    return httpx.Client(base_url=local_api_url(outputs["ApiUrl"], int(aws.url.rsplit(":", 1)[1])))


def test_the_authorizer_lets_an_id_token_in(api: httpx.Client, user: User) -> None:
    answer = api.get("/closed", headers={"Authorization": user.token})
    assert answer.status_code == 200
    assert answer.json()["sub"]


@pytest.mark.parametrize("token", [None, "nonsense", "forged"])
def test_the_authorizer_refuses_what_is_none(api: httpx.Client, user: User, token: str | None) -> None:
    if token == "forged":
        token = user.token[:-4] + ("AAAA" if not user.token.endswith("AAAA") else "BBBB")
    answer = api.get("/closed", headers={"Authorization": token} if token else {})
    assert answer.status_code == 401
    assert answer.json() == {"error": "Unauthorized", "message": "Sign in.", "details": {}}
    assert CORS.items() <= dict(answer.headers).items()


def test_an_unknown_route(api: httpx.Client) -> None:
    answer = api.get("/nowhere")
    assert (answer.status_code, answer.json()["error"]) == (404, "NotFound")
    assert CORS.items() <= dict(answer.headers).items()


@pytest.mark.parametrize(("path", "status"), [("/open?fail=1", 502), ("/unpermitted", 500)])
def test_what_goes_wrong_behind_it_is_not_shown(api: httpx.Client, path: str, status: int) -> None:
    answer = api.get(path)
    assert answer.status_code == status
    assert answer.json() == {"error": "InternalError", "message": "Internal server error", "details": {}}
    assert CORS.items() <= dict(answer.headers).items()


def test_a_browser_may_ask_first(api: httpx.Client) -> None:
    answer = api.options("/closed", headers={"Origin": "https://studio.example"})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-headers"] == "Authorization"
