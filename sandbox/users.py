"""A person for the sandbox: a user in the stack's pool, with a password that works at once."""

import base64
import contextlib
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient


@dataclass(frozen=True)
class User:
    """A confirmed user; `token` is an ID token, which is what the API's authorizer takes."""

    name: str
    password: str = field(repr=False)
    token: str = field(repr=False)


def create_user(
    cognito: "CognitoIdentityProviderClient", pool_id: str, client_id: str, name: str, password: str
) -> User:
    """Create (or take over) a user, set the password for good, and sign in (USER_PASSWORD_AUTH)."""
    with contextlib.suppress(cognito.exceptions.UsernameExistsException):
        cognito.admin_create_user(
            UserPoolId=pool_id,
            Username=name,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": "email", "Value": name}, {"Name": "email_verified", "Value": "true"}],
        )
    cognito.admin_set_user_password(UserPoolId=pool_id, Username=name, Password=password, Permanent=True)
    return User(name, password, sign_in(cognito, client_id, name, password))


def sign_in(cognito: "CognitoIdentityProviderClient", client_id: str, name: str, password: str) -> str:
    """The ID token of a user."""
    answer = cognito.initiate_auth(
        ClientId=client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": name, "PASSWORD": password},
    )
    return answer["AuthenticationResult"]["IdToken"]


def sign_in_to_studio(studio_url: str, name: str, password: str) -> str:
    """The ID token that the studio's page gets for a user, by the hosted UI and PKCE. `studio_url`: with a slash.

    Raises httpx.HTTPError; LookupError where the hosted UI did not lead back to the page with a code.
    """
    import httpx

    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    with httpx.Client(timeout=30) as browser:
        oidc = browser.get(f"{studio_url}config.json").raise_for_status().json()["oidc"]
        page = {"client_id": oidc["clientId"], "redirect_uri": oidc["redirectUri"]}
        wish = {"response_type": "code", "code_challenge": challenge, "code_challenge_method": "S256"}
        wish |= {"scope": oidc["scope"], "state": secrets.token_urlsafe(12), **page}
        who = {"username": name, "password": password}
        browser.get(f"{oidc['domain']}/oauth2/authorize", params=wish).raise_for_status()
        back = parse_qs(urlsplit(browser.post(f"{oidc['domain']}/login", data=wish | who).headers["location"]).query)
        if back["state"] != [wish["state"]]:
            raise LookupError("state")
        grant = {"grant_type": "authorization_code", "code": back["code"][0], "code_verifier": verifier, **page}
        token: str = browser.post(f"{oidc['domain']}/oauth2/token", data=grant).raise_for_status().json()["id_token"]
        return token
