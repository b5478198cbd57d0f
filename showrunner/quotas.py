"""What a session takes of the account's quotas, and whether the account has it: asked before anything is made.

In use is what the attempts of this stage have reserved, and what else exists: another stage's, made by hand, or left
by a crash. A reservation is written with the attempt, so two starts cannot both take the last place. The sweeper counts
what else exists; a start counts anew only where that is too old, or would have it refused. One counts at a time: fifty
starts at once that all list what exists would use up the calls that AWS allows, and take longer than the API may.
"""

import random
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from msgspec import Struct

from showrunner import aws, clock, ivs, medialive
from showrunner.errors import QuotaExceeded
from showrunner.naming import ATTEMPT, SESSION, STAGE
from showrunner.observability import logger
from showrunner.session import Attempt, Session, seconds_since
from showrunner.settings import settings
from showrunner.store import store
from showrunner.store.quotas import Account, Reservation

OLD_SECONDS = 900  # three sweeps
ANEW_SECONDS = 10  # so old a count may be that refuses a start
COUNTING_SECONDS = 10  # after which one who began to count counts as dead
PATIENCE_SECONDS = 12  # with one who counts: longer than it takes to know that it has died; the API has 29 s
OFF = "off"
PUSHED = ("RTMP_PUSH", "RTP_PUSH", "UDP_PUSH")
PULLED = ("MP4_FILE", "TS_FILE", "URL_PULL", "RTMP_PULL")  # other types of inputs have quotas of their own


class Quota(Struct, frozen=True):
    """`service` and `code` are Service Quotas' names of it."""

    name: str
    service: str
    code: str
    title: str


# As Service Quotas lists them. Input security groups are no session's: the stage has one.
QUOTAS = (
    Quota("channels", "medialive", "L-D1AFAF75", "MediaLive channels"),
    Quota("push_inputs", "medialive", "L-9E233AF7", "MediaLive push inputs"),
    Quota("pull_inputs", "medialive", "L-4D7207DE", "MediaLive pull inputs"),
    Quota("ivs_channels", "ivs", "L-C01DFF58", "IVS channels"),
    Quota("ivs_streams", "ivs", "L-FD1EB8A7", "IVS concurrent streams"),
)


def needs(session: Session) -> dict[str, int]:
    """Quota -> how many of it a session has while it runs. Of files it plays its slate, and its tracklist if any."""
    pushed = len(session.pushed)
    return {
        "channels": 1,
        "push_inputs": pushed,
        "pull_inputs": 1 + len(session.sources) - pushed,
        "ivs_channels": 0 if session.output.channel_arn else 1,
        "ivs_streams": 1,
    }


def plan(session: Session) -> Reservation:
    """What its next attempt is to reserve. Raises QuotaExceeded.

    By an old count that could not be renewed nobody is refused: then it is AWS who refuses what is too much.
    """
    wanted, account = needs(session), store().account()
    if Attempt(session.id, session.attempt + 1).name in account.reservations:  # another request was first
        return Reservation(wanted, {})
    if _age(account.looked_at) > (ANEW_SECONDS if _lacking(wanted, account) else OLD_SECONDS):
        try:
            account = renewed()
        except (ClientError, BotoCoreError) as error:
            logger().warning("what exists could not be counted", error=str(error))
    lacking = _lacking(wanted, account)
    if lacking and _age(account.looked_at) <= ANEW_SECONDS:
        raise _refusal(lacking[0], wanted[lacking[0].name], account)
    known = {} if lacking else account.limits
    room = {name: account.room(name) - count for name, count in wanted.items() if name in known}
    return Reservation(wanted, room, session.output.channel_arn)


def renewed() -> Account:
    """The account with a new count, by this call or another; as it was where that does not come to an end in time.

    Raises ClientError and BotoCoreError where AWS does not tell.
    """
    account, until = store().account(), clock.time() + PATIENCE_SECONDS
    while _age(account.looked_at) > ANEW_SECONDS and clock.time() < until:
        if _age(account.counting_since) > COUNTING_SECONDS and store().begin_count(account):
            return look()
        clock.sleep(random.uniform(0.1, 0.5))
        account = store().account()
    return account


def look() -> Account:
    """Count what exists, and read what there may be."""
    return store().note_quotas(_limits(), _others())


def _age(moment: str | None) -> float:
    return seconds_since(moment) if moment else float("inf")


def _lacking(wanted: dict[str, int], account: Account) -> list[Quota]:
    return [
        quota
        for quota in QUOTAS
        if quota.name in account.limits and account.reserved(quota.name) + wanted[quota.name] > account.room(quota.name)
    ]


def _refusal(quota: Quota, wanted: int, account: Account) -> QuotaExceeded:
    limit, reserved = account.limits[quota.name], account.reserved(quota.name)
    used = reserved + account.others.get(quota.name, 0)
    return QuotaExceeded(
        f"The account may have {limit} {quota.title}, {used} are in use, and the session needs {wanted}. End another "
        f"session, or ask for more in Service Quotas: {quota.service}, {quota.code}.",
        quota=quota.name,
        code=quota.code,
        limit=limit,
        used=used,
        used_by_sessions=reserved,
        needed=wanted,
    )


def _limits() -> dict[str, int]:
    """As the stage's settings tell; else as Service Quotas does. What neither tells, or is off, is not in it."""
    found: dict[str, int | None] = {}
    for service in dict.fromkeys(quota.service for quota in QUOTAS):
        try:
            values = _values(service)
        except (ClientError, BotoCoreError) as error:
            logger().warning("Service Quotas cannot be read", of=service, error=str(error))
            continue
        found |= {each.name: values[each.code] for each in QUOTAS if each.service == service and each.code in values}
    found |= configured(settings().quotas)
    return {name: limit for name, limit in found.items() if limit is not None}


def configured(text: str) -> dict[str, int | None]:
    """Of `channels=20,ivs_streams=off`, or `none`. One that is off is None: nobody is refused by it."""
    if text == "none":
        return {}
    told = (each.partition("=") for each in text.split(","))
    return {name: None if number == OFF else int(number) for name, _, number in told}


def _values(service: str) -> dict[str, int]:
    """Code -> value. A quota that is as AWS has it by default may only be in the list of defaults (API reference)."""
    values = dict(_listed("list_service_quotas", service))
    if any(quota.code not in values for quota in QUOTAS if quota.service == service):
        values = dict(_listed("list_aws_default_service_quotas", service)) | values
    return values


def _listed(operation: str, service: str) -> Iterator[tuple[str, int]]:
    for page in aws.service_quotas().get_paginator(operation).paginate(ServiceCode=service):
        for each in page["Quotas"]:
            if "Value" in each:
                yield each["QuotaCode"], int(each["Value"])


def _others() -> dict[str, int]:
    """Quota -> how many exist that no attempt has reserved. Reservations are read last: what was made for a new one
    while this lists is its own.
    """
    channels, inputs = list(medialive.listed_channels()), list(medialive.listed_inputs())
    outputs, streams = list(ivs.listed_channels()), ivs.live_streams()
    account = store().account()

    def reserved(tags: dict[str, str]) -> bool:
        name = f"{tags.get(SESSION)}-{tags.get(ATTEMPT)}"
        return tags.get(STAGE) == settings().stage and name in account.reservations

    others = [each for each in inputs if each["State"] != "DELETED" and not reserved(each.get("Tags", {}))]
    ours = {each["arn"] for each in outputs if reserved(each.get("tags", {}))} | account.borrowed
    return {
        "channels": sum(each.channel.state != "DELETED" and not reserved(each.tags) for each in channels),
        "push_inputs": _of(others, PUSHED),
        "pull_inputs": _of(others, PULLED),
        "ivs_channels": sum(not reserved(each.get("tags", {})) for each in outputs),
        "ivs_streams": sum(arn not in ours for arn in streams),
    }


def _of(inputs: list[Any], types: tuple[str, ...]) -> int:
    return sum(each["Type"] in types for each in inputs)
