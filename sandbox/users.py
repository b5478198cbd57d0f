"""A person for the sandbox: a user in the stack's pool, with a password that works at once."""

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

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
