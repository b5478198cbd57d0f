"""`showrunner token`, and tokens that the command line gets for itself."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from fake_api import FakeApi, Run, session

ANNE = {"SHOWRUNNER_USER": "anne", "SHOWRUNNER_PASSWORD": "a-password", "SHOWRUNNER_CLIENT_ID": "a-client"}


class Cognito:
    """Stands for boto3's client; answers tokens `token-1`, `token-2`, ..."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.refusal: str | None = None
        self.challenge: str | None = None

    def __call__(self, service: str, **options: Any) -> "Cognito":
        assert service == "cognito-idp"
        return self

    def initiate_auth(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        if self.refusal:
            raise ClientError({"Error": {"Code": self.refusal, "Message": "no"}}, "InitiateAuth")
        if self.challenge:
            return {"ChallengeName": self.challenge}
        return {"AuthenticationResult": {"IdToken": f"token-{len(self.asked)}"}}


@pytest.fixture
def cognito(monkeypatch: pytest.MonkeyPatch) -> Cognito:
    fake = Cognito()
    monkeypatch.setattr(boto3, "client", fake)
    return fake


def test_the_token_stands_alone_on_stdout(cognito: Cognito, run: Run) -> None:
    result = run("token", **ANNE)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "token-1\n", "")
    assert cognito.asked == [
        {
            "ClientId": "a-client",
            "AuthFlow": "USER_PASSWORD_AUTH",
            "AuthParameters": {"USERNAME": "anne", "PASSWORD": "a-password"},
        }
    ]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("NotAuthorizedException", "does not know 'anne' with this password"),
        ("ResourceNotFoundException", "Check SHOWRUNNER_CLIENT_ID"),
        ("TooManyRequestsException", "TooManyRequestsException"),
    ],
)
def test_cognito_refuses(cognito: Cognito, run: Run, code: str, said: str) -> None:
    cognito.refusal = code
    result = run("token", **ANNE)
    assert (result.exit_code, result.stdout) == (1, "")
    assert said in result.stderr
    assert "a-password" not in result.output


def test_a_temporary_password_is_not_enough(cognito: Cognito, run: Run) -> None:
    cognito.challenge = "NEW_PASSWORD_REQUIRED"
    result = run("token", **ANNE)
    assert result.exit_code == 1
    assert "permanent password" in result.stderr


@pytest.mark.parametrize("missing", sorted(ANNE))
def test_a_missing_setting_is_named(cognito: Cognito, run: Run, missing: str) -> None:
    result = run("token", **{**ANNE, missing: None})
    assert result.exit_code == 2
    assert missing in result.stderr
    assert cognito.asked == []


def test_without_a_token_one_is_fetched(api: FakeApi, cognito: Cognito, run: Run) -> None:
    api.on("GET", "/sessions/a", (200, session("a")))
    assert run("session", "show", "a", SHOWRUNNER_TOKEN=None, **ANNE).exit_code == 0
    assert api.tokens == ["Bearer token-1"]


def test_an_expired_token_is_replaced(api: FakeApi, cognito: Cognito, run: Run) -> None:
    api.on("GET", "/sessions/a", (401, {"message": "The incoming token has expired"}), (200, session("a")))
    assert run("session", "show", "a", **ANNE).exit_code == 0
    assert api.tokens == ["Bearer a-token", "Bearer token-1"]
