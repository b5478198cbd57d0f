"""AWS clients: made on first use, one of each, all in this place.

`AWS_ENDPOINT_URL` and the other standard variables of botocore point them somewhere else.
"""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_ivs import IVSClient
    from mypy_boto3_medialive import MediaLiveClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_stepfunctions import SFNClient

# Adaptive: MediaLive allows 20 calls a second for an account, and IVS 5.
_CONFIG = Config(
    connect_timeout=3,
    read_timeout=10,
    max_pool_connections=16,  # a film has 8 segments on their way to it, and 4 parts from it
    retries={"mode": "adaptive", "max_attempts": 5},
    user_agent_extra="showrunner",
)
# Otherwise boto3 signs addresses by version 2 in us-east-1, which S3 takes for buckets from before June 2020 only.
_S3 = _CONFIG.merge(Config(signature_version="s3v4"))
_ONCE = _CONFIG.merge(Config(retries={"mode": "standard", "total_max_attempts": 1}))


def _boto3(service: str, once: bool = False) -> Any:
    return boto3.client(service, config=_ONCE if once else _S3 if service == "s3" else _CONFIG)


_make: Callable[..., Any] = _boto3


@cache
def _client(service: str) -> Any:
    return _make(service)


@cache
def _client_once(service: str) -> Any:
    return _make(service, once=True)


def dynamodb() -> "DynamoDBClient":
    client: DynamoDBClient = _client("dynamodb")
    return client


def medialive() -> "MediaLiveClient":
    client: MediaLiveClient = _client("medialive")
    return client


def medialive_once() -> "MediaLiveClient":
    """One that tries no call again: of what is asked for anew all the time."""
    client: MediaLiveClient = _client_once("medialive")
    return client


def ivs() -> "IVSClient":
    client: IVSClient = _client("ivs")
    return client


def ivs_once() -> "IVSClient":
    """One that tries no call again: of a call without a request token the answer may be lost, and not the effect."""
    client: IVSClient = _client_once("ivs")
    return client


def stepfunctions() -> "SFNClient":
    client: SFNClient = _client("stepfunctions")
    return client


def s3() -> "S3Client":
    client: S3Client = _client("s3")
    return client


def events() -> "EventBridgeClient":
    client: EventBridgeClient = _client("events")
    return client


def sqs() -> "SQSClient":
    client: SQSClient = _client("sqs")
    return client


def ssm() -> "SSMClient":
    client: SSMClient = _client("ssm")
    return client


def service_quotas() -> Any:
    return _client("service-quotas")


def functions() -> Any:
    """Lambda."""
    return _client("lambda")


def use(make: Callable[..., Any] = _boto3) -> None:
    """Have `make` make the clients, by boto3's names of services: a simulation has some that need no network."""
    global _make
    _make = make
    forget_clients()


def forget_clients() -> None:
    """Make the clients anew on their next use (the tests change endpoints)."""
    _client.cache_clear()
    _client_once.cache_clear()
