"""MediaLive's inputs: what they are made of, and what is refused of a CreateInput or UpdateInput.

Push inputs (RTMP_PUSH) have an input security group and a stream name for each destination; pull and file inputs
(URL_PULL, MP4_FILE, TS_FILE) have sources instead. A source with `$urlPath$` is dynamic: an input switch says
which file; only MP4 and TS files can be (MediaLive user guide, dynamic inputs). Whether one source is enough for
a single pipeline is told both ways: botocore's text says two, production code elsewhere ran with one. Both go.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.errors import AwsError

Request = dict[str, Any]

PUSH = frozenset({"RTMP_PUSH"})
FILES = frozenset({"MP4_FILE", "TS_FILE"})
PULL = FILES | {"URL_PULL"}
PLACEHOLDER = "$urlPath$"
STREAM_NAME = re.compile(r"[^/\s]+/[^/\s]+")
SOURCE_URL = re.compile(r"(s3|s3ssl|http|https|mediastoressl)://\S+")


@dataclass
class Input:
    """An input. Its `stream_names` are secrets; `sources` are those of a pull or file input."""

    id: str
    arn: str
    name: str
    type: str
    tags: dict[str, str]
    security_groups: list[str] = field(default_factory=list)
    stream_names: list[str] = field(default_factory=list)
    ports: list[int] = field(default_factory=list)
    sources: list[dict[str, str]] = field(default_factory=list)
    state: str = "DETACHED"
    channel_id: str | None = None

    @property
    def dynamic(self) -> bool:
        """Whether a switch to it must say which file."""
        return is_dynamic(self.sources)

    @property
    def input_class(self) -> str:
        """STANDARD with two destinations or sources, else SINGLE_PIPELINE."""
        return "STANDARD" if max(len(self.stream_names), len(self.sources)) == 2 else "SINGLE_PIPELINE"

    def for_encoder(self) -> Request:
        """What a channel's encoder needs of it."""
        if self.type in PUSH:
            return {"Type": self.type, "Port": self.ports[0], "StreamNames": self.stream_names}
        return {"Type": self.type, "Sources": self.sources}

    def shown(self) -> Request:
        """As DescribeInput shows it."""
        addresses = zip(self.ports, self.stream_names, strict=True)
        return {
            "Id": self.id,
            "Arn": self.arn,
            "Name": self.name,
            "Type": self.type,
            "State": self.state,
            "AttachedChannels": [] if self.channel_id is None else [self.channel_id],
            "Destinations": [
                {"Ip": "127.0.0.1", "Port": str(port), "Url": f"rtmp://127.0.0.1:{port}/{stream_name}"}
                for port, stream_name in addresses
            ],
            "InputClass": self.input_class,
            "InputSourceType": "DYNAMIC" if self.dynamic else "STATIC",
            "SecurityGroups": self.security_groups,
            "Sources": self.sources,
            "MediaConnectFlows": [],
            "InputDevices": [],
            "Tags": self.tags,
        }


def is_dynamic(sources: Iterable[Mapping[str, str]]) -> bool:
    """Whether an input of these sources needs to be told which file."""
    return any(PLACEHOLDER in source["Url"] for source in sources)


def check(request: Request, security_groups: Mapping[str, object], one_source: bool = True) -> None:
    """Raise AwsError for a CreateInput that MediaLive refuses; types that are not built: 501.

    `one_source`: as in `unknowns`.
    """
    kind = request.get("Type")
    if kind is None:
        raise _bad("type must be set")
    if kind not in PUSH | PULL:
        raise AwsError("NotImplemented", f"The sandbox has no inputs of type {kind}.", 501)
    if not request.get("Name"):
        raise _bad("name must be set")
    if kind in PUSH:
        _check_push(request, security_groups)
    else:
        _check_pull(request, kind, one_source)


def _check_push(request: Request, security_groups: Mapping[str, object]) -> None:
    if request.get("Sources"):
        raise _bad("An RTMP_PUSH input has destinations, no sources")
    groups = request.get("InputSecurityGroups", [])
    if len(groups) != 1:
        raise _bad("An RTMP_PUSH input needs exactly one input security group")
    if groups[0] not in security_groups:
        raise _bad("The input security group does not exist")
    destinations = request.get("Destinations", [])
    if not 1 <= len(destinations) <= 2:
        raise _bad("An RTMP_PUSH input needs one destination, or two for a standard channel")
    if not all(STREAM_NAME.fullmatch(each.get("StreamName", "")) for each in destinations):
        raise _bad("A destination of an RTMP_PUSH input needs a streamName of the form application/instance")


def _check_pull(request: Request, kind: str, one_source: bool) -> None:
    if request.get("Destinations") or request.get("InputSecurityGroups"):
        raise _bad(f"An input of type {kind} has sources, no destinations and no input security group")
    sources = request.get("Sources", [])
    if not 1 <= len(sources) <= 2:
        raise _bad(f"An input of type {kind} needs one source, or two for a standard channel")
    if len(sources) == 1 and not one_source:
        raise _bad(f"An input of type {kind} needs exactly two source URLs")
    urls = [source.get("Url", "") for source in sources]
    if not all(SOURCE_URL.fullmatch(url) for url in urls):
        raise _bad("A source needs a url such as s3ssl://bucket/key or https://host/path")
    if kind not in FILES and any(PLACEHOLDER in url for url in urls):
        raise _bad(f"Only MP4 and TS files can be dynamic: {PLACEHOLDER} is not for {kind}")


def _bad(message: str) -> AwsError:
    return AwsError("BadRequestException", message, 400)
