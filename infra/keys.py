"""The key pair of a stage's CDN: the private half is a SecureString of Systems Manager, and nowhere else.

`showrunner deploy` makes it once, and hands the public half to the template. So no function may write it, and only
the API's may read it. To have another one, delete the parameter and deploy.
"""

import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING

import boto3

from showrunner.cdn import key_parameter

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

BITS = 2048  # the one size that CloudFront takes


def public_key(stage: str) -> str:
    """PEM. Of two deployments at once that find none, one stores its own, and both take that."""
    from cryptography.hazmat.primitives import serialization

    pem = _stored(stage) or _store(stage, generated()) or _stored(stage)
    private = serialization.load_pem_private_key(str(pem).encode(), password=None)
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    return private.public_key().public_bytes(serialization.Encoding.PEM, spki).decode()


def fingerprint(public: str) -> str:
    """Letters and digits that tell keys apart."""
    return hashlib.sha256(public.encode()).hexdigest()[:8]


def delete_key(stage: str) -> None:
    ssm = _ssm()
    with suppress(ssm.exceptions.ParameterNotFound):
        ssm.delete_parameter(Name=key_parameter(stage))


def _stored(stage: str) -> str | None:
    ssm = _ssm()
    try:
        return ssm.get_parameter(Name=key_parameter(stage), WithDecryption=True)["Parameter"]["Value"]
    except ssm.exceptions.ParameterNotFound:
        return None


def _store(stage: str, pem: str) -> str | None:
    """The key, or None where another deployment was faster."""
    ssm = _ssm()
    about = "Signs the cookies that open recordings' playlists. Deleted, the next deployment makes another."
    try:
        ssm.put_parameter(Name=key_parameter(stage), Value=pem, Type="SecureString", Description=about)
    except ssm.exceptions.ParameterAlreadyExists:
        return None
    return pem


def generated() -> str:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    form = serialization.PrivateFormat.TraditionalOpenSSL  # PKCS #1, which the function's library reads
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def _ssm() -> "SSMClient":
    client: SSMClient = boto3.client("ssm")
    return client
