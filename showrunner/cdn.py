"""The CDN before the recordings bucket: where a stored file is read, and the cookies that open it.

A playlist names its segments by relative addresses, so a signature in its own address would not reach them. Signed
cookies go with every request (CloudFront Developer Guide, 'Use signed cookies'): a policy, its RSA signature, and
which key it is by. CloudFront knows the public half; the private one is a SecureString that `showrunner deploy` made.
"""

import base64
import json
from functools import cache
from urllib.parse import urlsplit

from showrunner import aws
from showrunner.settings import settings

COOKIE_SECONDS = 3600  # as long as an ID token; CloudFront looks at each request's beginning, so a page asks again
ATTRIBUTES = "Secure; HttpOnly; SameSite=None; Partitioned"  # for a page of another site than the CDN's
_FOR_COOKIES = bytes.maketrans(b"+=/", b"-_~")


def url_parameter(stage: str) -> str:
    """Of the Systems Manager parameter that the template writes: the CDN's address, without a slash at the end."""
    return f"/showrunner/{stage}/cdn-url"


def key_parameter(stage: str) -> str:
    """Of the secret one: the private key, PEM."""
    return f"/showrunner/{stage}/cdn-key"


def address(key: str) -> str:
    """Of a file in the recordings bucket, for those who have the cookies."""
    return f"{_url()}/{key}"


def cookie_address(recording_id: str) -> str:
    """Of the API's answer with the cookies, at the CDN: there a browser keeps them for the CDN."""
    return f"{_url()}/api/recordings/{recording_id}"


def cookies(folder: str, until: int) -> dict[str, str]:
    """What opens all that is stored below a folder of the bucket; `until` in seconds since 1970."""
    statement = {"Resource": address(f"{folder}/*"), "Condition": {"DateLessThan": {"AWS:EpochTime": until}}}
    policy = json.dumps({"Statement": [statement]}, separators=(",", ":")).encode()
    return {
        "CloudFront-Policy": _encoded(policy),
        "CloudFront-Signature": _encoded(_signature(policy)),
        "CloudFront-Key-Pair-Id": settings().cdn_key_id,
    }


def set_cookies(folder: str, until: int) -> list[str]:
    """The values of Set-Cookie for them. Without an expiry of their own a browser forgets them when it ends."""
    path = urlsplit(address(f"{folder}/")).path
    return [f"{name}={value}; Path={path}; {ATTRIBUTES}" for name, value in cookies(folder, until).items()]


def _encoded(data: bytes) -> str:
    """Base64 with CloudFront's three letters for those that a cookie or an address can't have."""
    return base64.b64encode(data).translate(_FOR_COOKIES).decode()


def _signature(policy: bytes) -> bytes:
    """RSA PKCS #1 v1.5 over SHA-1, which is what CloudFront takes without a fourth cookie."""
    import rsa  # here, because no other function needs it

    key = _parameter(key_parameter(settings().stage))
    return rsa.sign(policy, rsa.PrivateKey.load_pkcs1(key.encode()), "SHA-1")


def _url() -> str:
    return _parameter(url_parameter(settings().stage))


@cache
def _parameter(name: str) -> str:
    """Of Systems Manager. A function's environment names the key, so another key is another environment."""
    return aws.ssm().get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
