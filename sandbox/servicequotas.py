"""Service Quotas: what the account may have of MediaLive and IVS, which is what the sandbox's own let it have.

Codes and names are those of Service Quotas (generated lists of it in gruntwork-io/terraform-aws-utilities, March 2026).
A quota without a value of the account's own is not in ListServiceQuotas (API reference), only among AWS's defaults;
`only_default` says which are so here.
"""

from collections.abc import Collection
from typing import Any

from sandbox.awsapi import Access, Caller, page
from sandbox.errors import AwsError
from sandbox.ivs import limits
from sandbox.ivs.service import Ivs
from sandbox.medialive import service as medialive
from sandbox.medialive.service import MediaLive

Params = dict[str, Any]
QUOTAS = {  # service -> what the sandbox calls it -> (code, name)
    "medialive": {
        "channels": ("L-D1AFAF75", "Channels"),
        "push_inputs": ("L-9E233AF7", "Push Inputs"),
        "pull_inputs": ("L-4D7207DE", "Pull Inputs"),
        "input_security_groups": ("L-6A0116BB", "Input Security Groups"),
    },
    "ivs": {
        "channels": ("L-C01DFF58", "Channels"),
        "streams": ("L-FD1EB8A7", "Concurrent streams"),
        "recording_configurations": ("L-90ABAB37", "Recording configurations"),
    },
}
SERVICE_NAMES = {"medialive": "AWS Elemental MediaLive", "ivs": "Amazon Interactive Video Service"}
DEFAULTS = {"medialive": medialive.Quotas(), "ivs": limits.Quotas()}
PAGE = 100


class ServiceQuotas:
    """One account's in one region. It knows MediaLive and IVS, and changes nothing."""

    def __init__(
        self,
        medialive: MediaLive,
        ivs: Ivs,
        *,
        account: str = "000000000000",
        region: str = "us-east-1",
        only_default: Collection[str] = (),
    ) -> None:
        self.only_default = only_default
        self._services: dict[str, MediaLive | Ivs] = {"medialive": medialive, "ivs": ivs}
        self._arn = f"arn:aws:servicequotas:{region}:{account}"

    def list_service_quotas(self, params: Params, caller: Caller) -> Params:
        service = _known(params["ServiceCode"])
        wanted = params.get("QuotaCode")
        listed = [each for each in self._applied(service) if wanted in (None, each["QuotaCode"])]
        return _paged(listed, params)

    def get_service_quota(self, params: Params, caller: Caller) -> Params:
        for each in self._applied(_known(params["ServiceCode"])):
            if each["QuotaCode"] == params["QuotaCode"]:
                return {"Quota": each}
        raise AwsError("NoSuchResourceException", f"There is no quota {params['QuotaCode']}", 400)

    def list_aws_default_service_quotas(self, params: Params, caller: Caller) -> Params:
        service = _known(params["ServiceCode"])
        return _paged([self._shown(service, name, DEFAULTS[service]) for name in QUOTAS[service]], params)

    def authorisation(self, operation: str, params: Params) -> list[Access]:
        """What is read here knows no resource (service authorization reference, Service Quotas)."""
        return [(f"servicequotas:{operation}", "*", {})]

    def _applied(self, service: str) -> list[Params]:
        quotas = self._services[service].quotas
        names = [name for name, (code, _) in QUOTAS[service].items() if code not in self.only_default]
        return [self._shown(service, name, quotas) for name in names]

    def _shown(self, service: str, name: str, quotas: object) -> Params:
        code, title = QUOTAS[service][name]
        return {
            "ServiceCode": service,
            "ServiceName": SERVICE_NAMES[service],
            "QuotaArn": f"{self._arn}:{service}/{code}",
            "QuotaCode": code,
            "QuotaName": title,
            "Value": float(getattr(quotas, name)),
            "Unit": "None",
            "Adjustable": True,
            "GlobalQuota": False,
            "QuotaAppliedAtLevel": "ACCOUNT",
        }


def _known(service: str) -> str:
    if service not in QUOTAS:
        raise AwsError("NoSuchResourceException", f"There is no service {service} here", 400)
    return service


def _paged(quotas: list[Params], params: Params) -> Params:
    try:
        taken, token = page(
            quotas, lambda each: str(each["QuotaCode"]), params.get("MaxResults", PAGE), params.get("NextToken")
        )
    except ValueError:
        raise AwsError("InvalidPaginationTokenException", "Invalid token", 400) from None
    return {"Quotas": taken, "NextToken": token}
