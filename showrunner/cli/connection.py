"""From the environment to a client of the API: SHOWRUNNER_API_URL, and a token or the means to get one."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from showrunner.cli.errors import Misuse, Refused

if TYPE_CHECKING:
    import httpx

    from showrunner.cli.client import Client

# The second name is what the sandbox's environment file has.
CLIENT_ID = "SHOWRUNNER_CLIENT_ID"


def connect(environment: Mapping[str, str] = os.environ, transport: "httpx.BaseTransport | None" = None) -> "Client":
    """SHOWRUNNER_TOKEN is used while it lasts; SHOWRUNNER_USER and SHOWRUNNER_PASSWORD get the next one."""
    from showrunner.cli.client import Client, Token

    url = environment.get("SHOWRUNNER_API_URL")
    if not url:
        raise Misuse("SHOWRUNNER_API_URL is not set. 'showrunner deploy' and 'showrunner up' say what it is.")
    if not url.startswith(("http://", "https://")):
        raise Misuse(f"SHOWRUNNER_API_URL is not an address: {url}")
    token = environment.get("SHOWRUNNER_TOKEN")
    user, password = environment.get("SHOWRUNNER_USER"), environment.get("SHOWRUNNER_PASSWORD")
    client_id = client_id_of(environment)
    if user and password and client_id:
        return Client(url, Token(token, lambda: sign_in(client_id, user, password, environment)), transport)
    if not token:
        raise Misuse(
            "There is no token. Run: export SHOWRUNNER_TOKEN=$(showrunner token), "
            "or set SHOWRUNNER_USER, SHOWRUNNER_PASSWORD and SHOWRUNNER_CLIENT_ID."
        )
    return Client(url, Token(token), transport)


def client_id_of(environment: Mapping[str, str]) -> str | None:
    """The id of the user pool's app client."""
    return environment.get(CLIENT_ID) or None


def sign_in(client_id: str, user: str, password: str, environment: Mapping[str, str] = os.environ) -> str:
    """An ID token from Cognito; it needs no AWS credentials. Raises Refused, or Misuse for missing settings."""
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError, NoRegionError

    try:
        cognito = boto3.client(
            "cognito-idp",
            region_name=environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION"),
            endpoint_url=environment.get("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER")
            or environment.get("AWS_ENDPOINT_URL"),
            config=Config(signature_version=UNSIGNED, connect_timeout=5, retries={"max_attempts": 2}),
        )
        answer = cognito.initiate_auth(
            ClientId=client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": user, "PASSWORD": password},
        )
    except NoRegionError:
        raise Misuse("AWS_REGION is not set. Set it to the region of the stage, for instance us-east-1.") from None
    except ClientError as error:
        raise Refused(_why(error.response["Error"]["Code"], user)) from None
    except BotoCoreError as error:
        raise Refused(f"Cognito cannot be reached: {error}") from None
    if "AuthenticationResult" not in answer:
        challenge = answer.get("ChallengeName", "another step")
        raise Refused(f"Cognito asks '{user}' for {challenge}. Set a permanent password for this user first.")
    id_token: str = answer["AuthenticationResult"]["IdToken"]
    return id_token


def _why(code: str, user: str) -> str:
    if code in ("NotAuthorizedException", "UserNotFoundException"):
        return f"Cognito does not know '{user}' with this password. Check SHOWRUNNER_USER and SHOWRUNNER_PASSWORD."
    if code == "ResourceNotFoundException":
        return "Cognito does not know this client id. Check SHOWRUNNER_CLIENT_ID and AWS_REGION."
    return f"Cognito refuses to sign '{user}' in: {code}."
