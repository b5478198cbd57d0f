"""Service Quotas through boto3: it tells what MediaLive and IVS refuse by."""

from dataclasses import fields
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.ivs import limits
from sandbox.medialive.service import Quotas
from sandbox.servicequotas import QUOTAS
from tests.contract.conftest import Cloud


def values(client: Any, operation: str, service: str, **params: Any) -> dict[str, float]:
    pages = client.get_paginator(operation).paginate(ServiceCode=service, **params)
    return {each["QuotaName"]: each["Value"] for page in pages for each in page["Quotas"]}


def test_what_counts_is_told(cloud: Cloud) -> None:
    cloud.on_loop(lambda: setattr(cloud.medialive, "quotas", Quotas(channels=7)))
    cloud.on_loop(lambda: setattr(cloud.ivs, "quotas", limits.Quotas(streams=9)))
    client = cloud.client("service-quotas")
    told = values(client, "list_service_quotas", "medialive", PaginationConfig={"PageSize": 1})
    assert told == {"Channels": 7.0, "Push Inputs": 5.0, "Pull Inputs": 100.0, "Input Security Groups": 5.0}
    assert values(client, "list_service_quotas", "ivs", QuotaCode="L-FD1EB8A7") == {"Concurrent streams": 9.0}
    quota = client.get_service_quota(ServiceCode="medialive", QuotaCode="L-D1AFAF75")["Quota"]
    assert (quota["Value"], quota["Adjustable"], quota["ServiceCode"]) == (7.0, True, "medialive")
    assert quota["QuotaArn"].endswith(":medialive/L-D1AFAF75")
    assert values(client, "list_aws_default_service_quotas", "medialive")["Channels"] == 5.0


@pytest.mark.parametrize(
    ("operation", "params", "code"),
    [
        ("list_service_quotas", {"ServiceCode": "nothing"}, "NoSuchResourceException"),
        ("get_service_quota", {"ServiceCode": "medialive", "QuotaCode": "L-0"}, "NoSuchResourceException"),
        ("list_service_quotas", {"ServiceCode": "ivs", "NextToken": "b25l"}, "InvalidPaginationTokenException"),
    ],
)
def test_what_is_not_there_is_an_error(cloud: Cloud, operation: str, params: dict[str, str], code: str) -> None:
    with pytest.raises(ClientError) as raised:
        getattr(cloud.client("service-quotas"), operation)(**params)
    assert (raised.value.response["Error"]["Code"], raised.value.response["ResponseMetadata"]["HTTPStatusCode"]) == (
        code,
        400,
    )


def test_every_quota_of_the_sandbox_has_its_code() -> None:
    known = {"medialive": fields(Quotas), "ivs": fields(limits.Quotas)}
    assert {name: {each.name for each in found} for name, found in known.items()} == {
        name: set(quotas) for name, quotas in QUOTAS.items()
    }
