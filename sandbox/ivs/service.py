"""IVS's operations, named as botocore names them in snake case, and what the video side asks and tells.

A channel has one ingest endpoint and at most one stream key. There is no call that starts a stream: it is LIVE
from `stream_started`, when video arrived with the right key, to `stream_ended`. Rules:
- a stream that is not live is ChannelNotBroadcasting (404), not a stream in state OFFLINE (IVS API reference: "do not
  rely on the OFFLINE state");
- a second stream key is ServiceQuotaExceededException (402; quota of one a channel);
- a live channel can't be deleted: ConflictException (409). Deleting a channel deletes its key;
- StopStream ends the connection; an encoder comes back by itself if its key still exists.

A stream sends 'IVS Stream State Change' events: Session Created, Stream Start; Stream End, Session Ended.
"""

import random
import string
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sandbox.awsapi import Access, Caller, page, request_tags, resource_tags
from sandbox.clock import Clock
from sandbox.errors import AwsError
from sandbox.events import Emit

Params = dict[str, Any]
T = TypeVar("T")
APP = "app"
ALPHABET = string.ascii_letters + string.digits
PAGE = 50


@dataclass
class Stream:
    """A broadcast. `started`: UTC seconds."""

    id: str
    started: float
    health: str = "HEALTHY"


@dataclass
class StreamKey:
    """`value` is a secret: whoever has it can broadcast."""

    arn: str
    value: str
    channel_arn: str
    tags: dict[str, str]


@dataclass
class Channel:
    """`settings` are CreateChannel's, defaults filled in; `endpoint` is the ingest host."""

    arn: str
    endpoint: str
    settings: Params
    tags: dict[str, str]
    key: StreamKey | None = None
    stream: Stream | None = None


class Ivs:
    """One account's IVS in one region.

    `playback_url` makes a channel's address for viewers of its ARN. `disconnect` ends the connection of a channel's
    encoder, whereupon the video side calls `stream_ended`; set it once there is such a side.
    """

    def __init__(
        self,
        clock: Clock,
        emit: Emit,
        *,
        account: str = "000000000000",
        region: str = "us-east-1",
        playback_url: Callable[[str], str] | None = None,
        randomness: random.Random | None = None,
    ) -> None:
        self.channels: dict[str, Channel] = {}
        self.disconnect: Callable[[str], None] = self.stream_ended
        self._clock = clock
        self._emit = emit
        self._region = region
        self._arn = f"arn:aws:ivs:{region}:{account}"
        self._playback_url = playback_url or self._aws_playback_url
        self._random = randomness or random.SystemRandom()
        self._keys: dict[str, StreamKey] = {}
        self._endpoints: dict[str, Channel] = {}

    # Channels

    def create_channel(self, params: Params, caller: Caller) -> Params:
        arn = f"{self._arn}:channel/{self._id(12)}"
        endpoint = f"{self._random.getrandbits(48):012x}.global-contribute.live-video.net"
        settings = _DEFAULTS | {name: value for name, value in params.items() if name != "tags"}
        channel = Channel(arn, endpoint, settings, dict(params.get("tags", {})))
        self.channels[arn] = self._endpoints[endpoint] = channel
        channel.key = self._new_key(channel, {})
        return {"channel": self._show(channel), "streamKey": show_key(channel.key)}

    def get_channel(self, params: Params, caller: Caller) -> Params:
        return {"channel": self._show(self._channel(params["arn"]))}

    def list_channels(self, params: Params, caller: Caller) -> Params:
        name = params.get("filterByName")
        found = [each for each in self.channels.values() if name is None or each.settings["name"] == name]
        taken, token = _page(found, lambda channel: channel.arn, params)
        return {"channels": [self._show(each) for each in taken], "nextToken": token}

    def delete_channel(self, params: Params, caller: Caller) -> None:
        channel = self._channel(params["arn"])
        if channel.stream is not None:
            raise AwsError("ConflictException", "The channel is live and cannot be deleted", 409)
        del self.channels[channel.arn], self._endpoints[channel.endpoint]
        if channel.key is not None:
            del self._keys[channel.key.arn]

    # Stream keys

    def create_stream_key(self, params: Params, caller: Caller) -> Params:
        channel = self._channel(params["channelArn"])
        if channel.key is not None:
            raise AwsError("ServiceQuotaExceededException", "The channel has its one stream key already", 402)
        channel.key = self._new_key(channel, dict(params.get("tags", {})))
        return {"streamKey": show_key(channel.key)}

    def get_stream_key(self, params: Params, caller: Caller) -> Params:
        return {"streamKey": show_key(self._key(params["arn"]))}

    def list_stream_keys(self, params: Params, caller: Caller) -> Params:
        key = self._channel(params["channelArn"]).key
        taken, token = _page([] if key is None else [key], lambda each: each.arn, params)
        return {"streamKeys": [show_key(each) for each in taken], "nextToken": token}

    def delete_stream_key(self, params: Params, caller: Caller) -> None:
        key = self._key(params["arn"])
        del self._keys[key.arn]
        self.channels[key.channel_arn].key = None

    # Streams

    def get_stream(self, params: Params, caller: Caller) -> Params:
        channel, stream = self._live(params["channelArn"])
        return {"stream": show_stream(channel, stream) | {"playbackUrl": self._playback_url(channel.arn)}}

    def list_streams(self, params: Params, caller: Caller) -> Params:
        health = params.get("filterBy", {}).get("health")
        live = [(each, each.stream) for each in self.channels.values() if each.stream is not None]
        wanted = [(channel, stream) for channel, stream in live if health in (None, stream.health)]
        taken, token = _page(wanted, lambda each: each[0].arn, params)
        return {"streams": [show_stream(channel, stream) for channel, stream in taken], "nextToken": token}

    def stop_stream(self, params: Params, caller: Caller) -> Params:
        channel, _ = self._live(params["channelArn"])
        self.disconnect(channel.arn)
        return {}

    # Tags

    def tag_resource(self, params: Params, caller: Caller) -> Params:
        self._resource(params["resourceArn"]).tags.update(params["tags"])
        return {}

    def untag_resource(self, params: Params, caller: Caller) -> Params:
        tags = self._resource(params["resourceArn"]).tags
        for key in params["tagKeys"]:
            tags.pop(key, None)
        return {}

    def list_tags_for_resource(self, params: Params, caller: Caller) -> Params:
        return {"tags": self._resource(params["resourceArn"]).tags}

    # The video side

    def find_publisher(self, endpoint_host: str, app: str, key: str) -> str:
        """The ARN of the channel that an encoder may feed; raises ValueError if host, application or key are wrong."""
        channel = self._endpoints.get(endpoint_host)
        if channel is not None and app == APP and channel.key is not None and channel.key.value == key:
            return channel.arn
        raise ValueError("no channel with that ingest endpoint, application and stream key")

    def stream_started(self, arn: str) -> None:
        """Video arrives. Nothing happens if the channel is live already, or gone."""
        channel = self.channels.get(arn)
        if channel is None or channel.stream is not None:
            return
        channel.stream = Stream(f"st-{self._id(23)}", self._clock.time())
        self._tell(channel, channel.stream, "Session Created", "Stream Start")

    def stream_ended(self, arn: str) -> None:
        """No more video arrives. Nothing happens if the channel is not live."""
        channel = self.channels.get(arn)
        if channel is None or channel.stream is None:
            return
        stream, channel.stream = channel.stream, None
        self._tell(channel, stream, "Stream End", "Session Ended")

    # Who may what (service authorization reference, Amazon IVS)

    def authorisation(self, operation: str, params: Params) -> list[Access]:
        """What must be allowed. Three channel calls also speak of stream keys, by `stream-key/*`, without tags."""
        action, keys = f"ivs:{operation}", f"{self._arn}:stream-key/*"
        wanted = request_tags(params.get("tags", {}), params.get("tagKeys", []))
        named = params.get("arn") or params.get("channelArn") or params.get("resourceArn")
        if operation == "CreateStreamKey":
            accesses: list[Access] = [(action, keys, wanted)]
        else:
            arn = named or f"{self._arn}:channel/*"
            accesses = [(action, arn, wanted | self._resource_tags(arn))]
        if operation in ("CreateChannel", "DeleteChannel", "ListStreamKeys"):
            accesses.append((action, keys, {}))
        if operation.startswith("Create") and params.get("tags"):
            accesses.append(("ivs:TagResource", accesses[0][1], wanted))
        return accesses

    def _resource_tags(self, arn: str) -> dict[str, Any]:
        found = self.channels.get(arn) or self._keys.get(arn)
        return {} if found is None else resource_tags(found.tags)

    # Inside

    def _id(self, length: int) -> str:
        return "".join(ALPHABET[byte % len(ALPHABET)] for byte in self._random.randbytes(length))

    def _new_key(self, channel: Channel, tags: dict[str, str]) -> StreamKey:
        value = f"sk_{self._region}_{self._id(12)}_{self._id(24)}"
        key = StreamKey(f"{self._arn}:stream-key/{self._id(12)}", value, channel.arn, tags)
        self._keys[key.arn] = key
        return key

    def _channel(self, arn: str) -> Channel:
        if arn not in self.channels:
            raise AwsError("ResourceNotFoundException", f"There is no channel {arn}", 404)
        return self.channels[arn]

    def _key(self, arn: str) -> StreamKey:
        key = self._keys.get(arn)
        if key is None:
            raise AwsError("ResourceNotFoundException", f"There is no stream key {arn}", 404)
        return key

    def _resource(self, arn: str) -> Channel | StreamKey:
        found = self.channels.get(arn) or self._keys.get(arn)
        if found is None:
            raise AwsError("ResourceNotFoundException", f"There is no resource {arn}", 404)
        return found

    def _live(self, arn: str) -> tuple[Channel, Stream]:
        channel = self._channel(arn)
        if channel.stream is None:
            raise AwsError("ChannelNotBroadcasting", "The channel is not broadcasting", 404)
        return channel, channel.stream

    def _tell(self, channel: Channel, stream: Stream, *names: str) -> None:
        for name in names:
            detail = {"event_name": name, "channel_name": channel.settings["name"], "stream_id": stream.id}
            self._emit("aws.ivs", "IVS Stream State Change", detail, [channel.arn])

    def _show(self, channel: Channel) -> Params:
        return {
            **channel.settings,
            "arn": channel.arn,
            "ingestEndpoint": channel.endpoint,
            "playbackUrl": self._playback_url(channel.arn),
            "tags": channel.tags,
        }

    def _aws_playback_url(self, arn: str) -> str:
        account, channel_id = arn.split(":")[4], arn.rpartition("/")[2]
        host = f"{account}.{self._region}.playback.live-video.net"
        return f"https://{host}/api/video/v1/{self._region}.{account}.channel.{channel_id}.m3u8"


_DEFAULTS: Params = {
    "name": "",
    "latencyMode": "LOW",
    "type": "STANDARD",
    "authorized": False,
    "insecureIngest": False,
    "recordingConfigurationArn": "",
}
"""CreateChannel's defaults (IVS API reference)."""


def show_key(key: StreamKey) -> Params:
    """A stream key with its secret; ListStreamKeys's shape leaves that out."""
    return {"arn": key.arn, "value": key.value, "channelArn": key.channel_arn, "tags": key.tags}


def show_stream(channel: Channel, stream: Stream) -> Params:
    """A live stream."""
    return {
        "channelArn": channel.arn,
        "streamId": stream.id,
        "startTime": stream.started,
        "state": "LIVE",
        "health": stream.health,
        "viewerCount": 0,
    }


def _page(items: list[T], key: Callable[[T], str], params: Params) -> tuple[list[T], str | None]:
    try:
        return page(items, key, params.get("maxResults", PAGE), params.get("nextToken"))
    except ValueError:
        raise AwsError("ValidationException", "nextToken is not valid", 400) from None
