"""IVS as this product asks it. There is no call that starts a stream: it is live when video arrives."""

from collections.abc import Iterator
from typing import Any, Literal, get_args

from botocore.exceptions import ClientError
from msgspec import Struct

from showrunner import aws
from showrunner.errors import InProgress, OutputNotFound, QuotaExceeded
from showrunner.naming import OWNER, SESSION, STAGE, belongs_to, name_of
from showrunner.session import Attempt, StreamHealth
from showrunner.settings import settings


class Channel(Struct, frozen=True):
    """An IVS channel; `ingest_endpoint` is a host name, without scheme and port."""

    arn: str
    ingest_endpoint: str
    playback_url: str
    tags: dict[str, str]
    type: str


class Stream(Struct, frozen=True):
    """What IVS tells of a live stream; `viewers` is None where it has not counted them."""

    viewers: int | None
    health: StreamHealth


def channel(arn: str) -> Channel | None:
    """None when there is no such channel."""
    try:
        found = aws.ivs().get_channel(arn=arn)["channel"]
    except aws.ivs().exceptions.ResourceNotFoundException:
        return None
    return Channel(found["arn"], found["ingestEndpoint"], found["playbackUrl"], found.get("tags", {}), found["type"])


def _lends(owner: str, tags: dict[str, str]) -> bool:
    """Whether the owner's sessions may borrow a channel with these tags: not one made for one session alone, nor one
    that is said to be another stage's.
    """
    return tags.get(OWNER) == owner and SESSION not in tags and tags.get(STAGE) in (None, settings().stage)


def to_borrow(arn: str, owner: str) -> Channel:
    """Raises OutputNotFound for one that is missing, or not for the owner to borrow."""
    try:
        found = channel(arn)
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDeniedException":  # by its tags: it is another stage's
            raise
        found = None
    if found is None or not _lends(owner, found.tags):
        message = f"There is no IVS channel {arn} to borrow, tagged {OWNER} for you. Tag it, or leave out channel_arn."
        raise OutputNotFound(message, channel_arn=arn)
    return found


def create_channel(name: str, type: Literal["STANDARD", "BASIC"], tags: dict[str, str]) -> Any:
    """What IVS answers. Nothing was made where this raises QuotaExceeded, or InProgress: IVS takes no more calls.

    CreateChannel has no request token, so it is asked once: where its answer is lost, who runs next is to look for what
    was made.
    """
    try:
        return aws.ivs_once().create_channel(name=name, type=type, latencyMode="LOW", tags=tags)["channel"]
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "ServiceQuotaExceededException":
            raise QuotaExceeded("The account has no IVS channel left. Delete one, or ask AWS for more.") from None
        if code == "ThrottlingException":
            raise InProgress("IVS takes no more calls at this moment. Try again.") from None
        raise


def find_channels(attempt: Attempt) -> list[Channel]:
    """Those made for the attempt, by name and tags, in a fixed order. Names are not unique in IVS."""
    pages = aws.ivs().get_paginator("list_channels").paginate(filterByName=name_of(attempt))
    listed = [each["arn"] for page in pages for each in page["channels"] if belongs_to(attempt, each.get("tags", {}))]
    return [found for arn in sorted(listed) if (found := channel(arn))]


def listed_channels() -> Iterator[Any]:
    """All of the account's, with `arn`, `name` and `tags`."""
    for page in aws.ivs().get_paginator("list_channels").paginate():
        yield from page["channels"]


def live_streams() -> dict[str, Stream]:
    """Of all of the account's channels that are live, by their ARNs."""
    pages = aws.ivs().get_paginator("list_streams").paginate()
    return {each["channelArn"]: _stream(each) for page in pages for each in page["streams"]}


def _stream(listed: Any) -> Stream:
    """A count of -1 is none: IVS did not get to counting (IVS API reference, StreamSummary)."""
    viewers, health = listed.get("viewerCount", -1), listed.get("health")
    return Stream(viewers if viewers >= 0 else None, health if health in get_args(StreamHealth) else "UNKNOWN")


def own_channels(owner: str) -> list[Any]:
    """An owner's persistent ones, which sessions borrow, by name; with `arn`, `name`, `type` and `tags`."""
    own = [channel for channel in listed_channels() if _lends(owner, channel.get("tags", {}))]
    return sorted(own, key=lambda channel: str(channel["name"]))


def persistent(arn: str, owner: str) -> Any:
    """One of these, by its ARN, as lists show it; None where it is gone, or not the owner's.

    Permission goes by the channel's tags: one that a session has made for itself is refused.
    """
    try:
        found = aws.ivs().get_channel(arn=arn)["channel"]
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("ResourceNotFoundException", "AccessDeniedException"):
            raise
        return None
    return found if _lends(owner, found.get("tags", {})) else None


def is_live(arn: str) -> bool | None:
    """Whether viewers can watch; None where there is no such channel.

    ChannelNotBroadcasting is how IVS says no (IVS API reference, GetStream).
    """
    try:
        stream = aws.ivs().get_stream(channelArn=arn)["stream"]
    except aws.ivs().exceptions.ChannelNotBroadcasting:
        return False
    except aws.ivs().exceptions.ResourceNotFoundException:
        return None
    return stream["state"] == "LIVE"


def stream_key(arn: str) -> str:
    """The channel's one stream key: a secret, for a MediaLive destination and nothing else."""
    return aws.ivs().get_stream_key(arn=_stream_key_arn(arn) or _create_stream_key(arn))["streamKey"]["value"]


def _stream_key_arn(arn: str) -> str | None:
    return next((key["arn"] for key in aws.ivs().list_stream_keys(channelArn=arn)["streamKeys"]), None)


def _create_stream_key(arn: str) -> str:
    """A channel comes with a key; of a borrowed one somebody may have deleted it. There is one at most, so a call whose
    answer was lost is refused when it comes again.
    """
    try:
        return aws.ivs().create_stream_key(channelArn=arn)["streamKey"]["arn"]
    except aws.ivs().exceptions.ServiceQuotaExceededException:
        if made := _stream_key_arn(arn):
            return made
        raise
