"""A person signs in to the studio: OIDC's code flow with PKCE through Cognito's hosted UI, as a browser does it."""

import base64
import hashlib
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.studio import Studio

VERIFIER = secrets.token_urlsafe(48)
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@dataclass
class HostedUi:
    """The user pool's pages and endpoints, of the studio's client."""

    studio: Studio
    browser: httpx.Client = field(default_factory=httpx.Client)

    @property
    def client_id(self) -> str:
        return self.studio.outputs["StudioClientId"]

    @property
    def page(self) -> str:
        return self.studio.sandbox.env["SHOWRUNNER_STUDIO_URL"]

    @property
    def authority(self) -> str:
        return f"{self.studio.sandbox.url}/{self.studio.outputs['UserPoolId']}"

    def discovery(self) -> dict[str, Any]:
        document: dict[str, Any] = self.browser.get(f"{self.authority}/.well-known/openid-configuration").json()
        return document

    def wish(self, **other: str) -> dict[str, str]:
        return {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.page,
            "scope": "openid email",
            "state": "a state of the page's",
            "nonce": "n1",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **other,
        }

    def ask(self, **other: str) -> httpx.Response:
        return self.browser.get(self.discovery()["authorization_endpoint"], params=self.wish(**other))

    def sign_in(self, password: str | None = None, **other: str) -> httpx.Response:
        """Fill in the page's form and send it."""
        assert 'name="password"' in self.ask(**other).text
        env = self.studio.sandbox.env
        who = {"username": env["SHOWRUNNER_USER"], "password": password or env["SHOWRUNNER_PASSWORD"]}
        return self.browser.post(f"{self.studio.sandbox.url}/login", data=self.wish(**other) | who)

    def code(self) -> str:
        return query(self.sign_in())["code"]

    def token(self, **given: str) -> httpx.Response:
        """What the page asks of the token endpoint."""
        headers = {"Origin": self.page.rstrip("/")}
        body = {"client_id": self.client_id, **given}
        return self.browser.post(self.discovery()["token_endpoint"], data=body, headers=headers)

    def redeem(self, code: str, verifier: str = VERIFIER, redirect_uri: str = "") -> httpx.Response:
        return self.token(
            grant_type="authorization_code",
            code=code,
            code_verifier=verifier,
            redirect_uri=redirect_uri or self.page,
        )


def query(answer: httpx.Response) -> dict[str, str]:
    """Of the address that an answer leads to."""
    assert answer.status_code == 302, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def error(answer: httpx.Response) -> str:
    assert answer.status_code == 400, answer.text
    return str(answer.json()["error"])


@pytest.fixture
def hosted(studio: Studio) -> Iterator[HostedUi]:
    ui = HostedUi(studio)
    with ui.browser:
        yield ui


def test_discovery_names_the_endpoints_and_the_keys_to_every_page(hosted: HostedUi) -> None:
    answer = hosted.browser.get(f"{hosted.authority}/.well-known/openid-configuration", headers={"Origin": hosted.page})
    assert answer.headers["access-control-allow-origin"] == "*"
    document = answer.json()
    domain = hosted.studio.sandbox.url
    assert document["authorization_endpoint"] == f"{domain}/oauth2/authorize"
    assert document["token_endpoint"] == f"{domain}/oauth2/token"
    keys = hosted.browser.get(document["jwks_uri"]).json()["keys"]
    assert {key["kty"] for key in keys} == {"RSA"}


def test_the_code_is_worth_an_id_token_that_the_api_takes(hosted: HostedUi) -> None:
    back = hosted.sign_in()
    assert back.headers["location"].startswith(f"{hosted.page}?")
    assert query(back)["state"] == "a state of the page's"
    answer = hosted.redeem(query(back)["code"])
    assert answer.headers["access-control-allow-origin"] == "*"
    tokens = answer.json()
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 3600)
    told = claims(tokens["id_token"])
    assert (told["aud"], told["nonce"], told["token_use"]) == (hosted.client_id, "n1", "id")
    assert told["email"] == hosted.studio.sandbox.env["SHOWRUNNER_USER"]
    assert told["iss"] == hosted.discovery()["issuer"]
    assert told["exp"] - told["iat"] == 3600
    with httpx.Client(base_url=f"{hosted.page}api", headers={"Authorization": f"Bearer {tokens['id_token']}"}) as api:
        assert api.get("/sessions").status_code == 200


def test_a_code_opens_once_and_for_who_asked_for_it_alone(hosted: HostedUi) -> None:
    assert error(hosted.redeem(hosted.code(), verifier=secrets.token_urlsafe(48))) == "invalid_grant"
    assert error(hosted.redeem(hosted.code(), verifier="")) == "invalid_grant"
    assert error(hosted.redeem(hosted.code(), redirect_uri="https://thief.example/")) == "invalid_grant"
    code = hosted.code()
    assert hosted.redeem(code).status_code == 200
    assert error(hosted.redeem(code)) == "invalid_grant"


@pytest.mark.parametrize(
    "other",
    [
        {"redirect_uri": "https://thief.example/"},
        {"client_id": "unknown"},
        {"response_type": "token"},
    ],
)
def test_what_is_not_registered_leads_nowhere(hosted: HostedUi, other: dict[str, str]) -> None:
    answer = hosted.ask(**other)
    assert answer.status_code == 400
    assert "location" not in answer.headers


@pytest.mark.parametrize("other", [{"code_challenge_method": "plain"}, {"scope": "openid phone"}])
def test_a_weak_challenge_and_another_scope_are_an_error_at_the_page(hosted: HostedUi, other: dict[str, str]) -> None:
    told = query(hosted.ask(**other))
    assert (told["error"], told["state"]) == ("invalid_request", "a state of the page's")
    assert "code" not in told


def test_a_wrong_password_gives_no_code(hosted: HostedUi) -> None:
    answer = hosted.sign_in(password="Wrong-password-1")
    assert answer.status_code == 200
    assert "Incorrect username or password" in answer.text


def test_a_refresh_token_gives_new_tokens_until_it_is_revoked(hosted: HostedUi) -> None:
    first = hosted.redeem(hosted.code()).json()
    again = hosted.token(grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
    assert claims(again["id_token"])["sub"] == claims(first["id_token"])["sub"]
    assert "refresh_token" not in again
    revoked = hosted.browser.post(
        hosted.discovery()["revocation_endpoint"],
        data={"token": first["refresh_token"], "client_id": hosted.client_id},
    )
    assert revoked.status_code == 200
    assert error(hosted.token(grant_type="refresh_token", refresh_token=first["refresh_token"])) == "invalid_grant"


def test_the_hosted_ui_knows_who_signed_in_until_the_page_signs_out_there(hosted: HostedUi) -> None:
    env = hosted.studio.sandbox.env
    go_on = f"Sign in as {env['SHOWRUNNER_USER']}"
    assert go_on not in hosted.ask().text
    hosted.sign_in()
    assert go_on in hosted.ask().text
    again = hosted.browser.post(f"{hosted.studio.sandbox.url}/login", data=hosted.wish() | {"continue": "yes"})
    assert hosted.redeem(query(again)["code"]).status_code == 200
    hosted.browser.get(
        f"{hosted.studio.sandbox.url}/logout", params={"client_id": hosted.client_id, "logout_uri": hosted.page}
    )
    assert go_on not in hosted.ask().text


def test_signing_out_leads_back_to_the_page_and_nowhere_else(hosted: HostedUi) -> None:
    logout = f"{hosted.studio.sandbox.url}/logout"
    answer = hosted.browser.get(logout, params={"client_id": hosted.client_id, "logout_uri": hosted.page})
    assert (answer.status_code, answer.headers["location"]) == (302, hosted.page)
    other = {"client_id": hosted.client_id, "logout_uri": "https://thief.example/"}
    assert hosted.browser.get(logout, params=other).status_code == 400


def test_the_studio_s_client_takes_no_password_by_the_api(hosted: HostedUi) -> None:
    """Only the hosted UI does: a page that asks for a password can be imitated."""
    cognito = hosted.studio.aws["cognito-idp"]
    env = hosted.studio.sandbox.env
    who = {"USERNAME": env["SHOWRUNNER_USER"], "PASSWORD": env["SHOWRUNNER_PASSWORD"]}
    with pytest.raises(cognito.exceptions.InvalidParameterException, match="USER_PASSWORD_AUTH"):
        cognito.initiate_auth(ClientId=hosted.client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=who)
