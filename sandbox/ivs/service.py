"""IVS's operations, named as botocore names them in snake case, and what the video side asks and tells.

A channel has one ingest endpoint and at most one stream key. There is no call that starts a stream: it is LIVE
from `stream_started`, when video arrived with the right key, to `stream_ended`. Rules (IVS API reference and user
guide, where nothing else is said):
- a stream that is not live is ChannelNotBroadcasting (404), not a stream in state OFFLINE ("do not rely on the
  OFFLINE state");
- a second stream key is ServiceQuotaExceededException (402; quota of one a channel);
- a live channel can be neither updated nor deleted: ConflictException (409). Deleting a channel deletes its key;
- two filters in ListChannels are ConflictException (409);
- a recording configuration that a channel names can't be deleted: ConflictException (409). It is CREATING, then
  ACTIVE, or CREATE_FAILED when its bucket is not there. It is kept, and nothing is recorded;
- StopStream ends the connection; an encoder comes back by itself if its key still exists;
- what a channel's type does not allow (`limits`) is told by an 'IVS Limit Breach' event and cut off; with a picture
  too large the stream never starts;
- metadata has at most 1 KB, and needs a live stream.

A stream sends 'IVS Stream State Change' events: Session Created, Stream Start; Stream End, Session Ended. 'IVS Stream
Health Change': Starvation Start when too little arrives, Starvation End. All of them are in its session too.
"""

import random
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sandbox.awsapi import Access, Caller, page, request_tags, resource_tags
from sandbox.clock import Clock
from sandbox.errors import AwsError
from sandbox.events import Emit
from sandbox.ivs import limits
from sandbox.ivs.limits import Quotas
from sandbox.ivs.streams import Stream, show_offline, show_session, show_stream, show_summary
from sandbox.ivs.unknowns import Unknowns
from sandbox.rates import TokenBucket

Params = dict[str, Any]
T = TypeVar("T")
APP = "app"
ALPHABET = string.ascii_letters + string.digits
PAGE = 50
LAG = 1.0  # seconds, where lists lag


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
    made: float
    key: StreamKey | None = None
    stream: Stream | None = None
    sessions: list[Stream] = field(default_factory=list)  # the latest first, `stream` among them


@dataclass
class RecordingConfiguration:
    """`settings` are CreateRecordingConfiguration's, defaults filled in."""

    arn: str
    settings: Params
    tags: dict[str, str]
    state: str = "CREATING"


@dataclass
class Measured:
    """What an encoder sends, as far as the ingest knows: pixels and frames a second."""

    width: int | None = None
    height: int | None = None
    fps: float | None = None


class Ivs:
    """One account's IVS in one region.

    `playback_url` makes a channel's address for viewers of its ARN. `throttled`: too many calls a second are refused;
    `quotas`: so are too many resources.
    `recording_seconds` is how long a recording configuration is CREATING.

    To be set once there is such a side: `disconnect` ends the connection of a channel's encoder, whereupon the video
    side calls `stream_ended`; `viewers` counts those of a channel; `insert_metadata` puts text into a channel's
    video; `bucket_exists` tells whether a recording would have a place; `may_start` holds streams back, and
    `is_starved` starves them; after a change of what these two say: `look`.
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
        throttled: bool = False,
        quotas: Quotas | None = None,
        recording_seconds: float = 1.0,
        unknowns: Unknowns | None = None,
    ) -> None:
        self.unknowns = unknowns or Unknowns()
        self.channels: dict[str, Channel] = {}
        self.recording_configurations: dict[str, RecordingConfiguration] = {}
        self.throttled = throttled
        self.quotas = quotas or Quotas(1_000_000, 1_000_000, 1_000_000)
        self.disconnect: Callable[[str], None] = self.stream_ended
        self.viewers: Callable[[str], int] = lambda _: 0
        self.insert_metadata: Callable[[str, str], None] = lambda *_: None
        self.bucket_exists: Callable[[str], bool] = lambda _: True
        self.is_starved: Callable[[str], bool] = lambda _: False
        self.may_start: Callable[[str], bool] = lambda _: True
        self._clock = clock
        self._emit = emit
        self._region = region
        self._arn = f"arn:aws:ivs:{region}:{account}"
        self._playback_url = playback_url or self._aws_playback_url
        self._random = randomness or random.SystemRandom()
        self._keys: dict[str, StreamKey] = {}
        self._endpoints: dict[str, Channel] = {}
        self._recording_seconds = recording_seconds
        self._held: dict[str, Measured] = {}
        self._buckets: dict[tuple[str, str], TokenBucket] = {}

    # Channels

    def create_channel(self, params: Params, caller: Caller) -> Params:
        settings = self._checked(_DEFAULTS | {name: value for name, value in params.items() if name != "tags"})
        if len(self.channels) >= self.quotas.channels:
            raise AwsError("ServiceQuotaExceededException", "There are as many channels as the quota allows", 402)
        arn = f"{self._arn}:channel/{self._id(12)}"
        endpoint = f"{self._random.getrandbits(48):012x}.global-contribute.live-video.net"
        channel = Channel(arn, endpoint, settings, dict(params.get("tags", {})), self._clock.time())
        self.channels[arn] = self._endpoints[endpoint] = channel
        channel.key = self._new_key(channel, {})
        return {"channel": self._show(channel), "streamKey": show_key(channel.key)}

    def get_channel(self, params: Params, caller: Caller) -> Params:
        return {"channel": self._show(self._channel(params["arn"]))}

    def batch_get_channel(self, params: Params, caller: Caller) -> Params:
        found, errors = _sort_out(params["arns"], self.channels)
        return {"channels": [self._show(each) for each in found], "errors": errors}

    def list_channels(self, params: Params, caller: Caller) -> Params:
        filters = [(name, member) for name, member in _FILTERS.items() if name in params]
        if len(filters) > 1:
            raise AwsError("ConflictException", "Filters are mutually exclusive", 409)
        lag = LAG if self.unknowns.lagging_lists else 0.0
        found = [each for each in self.channels.values() if each.made + lag <= self._clock.time()]
        for name, member in filters:
            found = [each for each in found if each.settings[member] == params[name]]
        taken, token = _page(found, lambda channel: channel.arn, params)
        return {"channels": [self._show(each) for each in taken], "nextToken": token}

    def update_channel(self, params: Params, caller: Caller) -> Params:
        channel = self._channel(params["arn"])
        if channel.stream is not None:
            raise AwsError("ConflictException", "The channel is live and cannot be updated", 409)
        changes = {name: value for name, value in params.items() if name != "arn"}
        if "type" in changes:
            changes.setdefault("preset", "")
        channel.settings = self._checked(channel.settings | changes)
        return {"channel": self._show(channel)}

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

    def batch_get_stream_key(self, params: Params, caller: Caller) -> Params:
        found, errors = _sort_out(params["arns"], self._keys)
        return {"streamKeys": [show_key(each) for each in found], "errors": errors}

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
        if self.unknowns.offline_state and self._channel(params["channelArn"]).stream is None:
            return {"stream": show_offline(params["channelArn"])}
        _, stream = self._live(params["channelArn"])
        return {"stream": self._show_stream(stream)}

    def list_streams(self, params: Params, caller: Caller) -> Params:
        health = params.get("filterBy", {}).get("health")
        live = [each.stream for each in self.channels.values() if each.stream is not None]
        wanted = [stream for stream in live if health in (None, stream.health)]
        taken, token = _page(wanted, lambda stream: str(stream.channel["arn"]), params)
        return {
            "streams": [self._show_stream(stream) for stream in taken],
            "nextToken": token,
        }

    def list_stream_sessions(self, params: Params, caller: Caller) -> Params:
        taken, token = _page(self._channel(params["channelArn"]).sessions, lambda stream: stream.id, params)
        return {"streamSessions": [show_summary(stream) for stream in taken], "nextToken": token}

    def get_stream_session(self, params: Params, caller: Caller) -> Params:
        wanted = params.get("streamId")
        for stream in self._channel(params["channelArn"]).sessions:
            if wanted in (None, stream.id):
                return {"streamSession": show_session(stream)}
        raise AwsError("ResourceNotFoundException", "There is no such stream session", 404)

    def put_metadata(self, params: Params, caller: Caller) -> None:
        if len(params["metadata"].encode()) > limits.METADATA_BYTES:
            raise AwsError("ValidationException", "metadata must have at most 1 KB", 400)
        channel, _ = self._live(params["channelArn"])
        self.insert_metadata(channel.arn, params["metadata"])

    def stop_stream(self, params: Params, caller: Caller) -> Params:
        channel, _ = self._live(params["channelArn"])
        self.disconnect(channel.arn)
        return {}

    # Recording configurations

    def create_recording_configuration(self, params: Params, caller: Caller) -> Params:
        settings = _RECORDING_DEFAULTS | {name: value for name, value in params.items() if name != "tags"}
        if "s3" not in settings["destinationConfiguration"]:
            raise AwsError("ValidationException", "destinationConfiguration must have s3", 400)
        rendition = settings["renditionConfiguration"]
        if rendition.get("renditionSelection") == "CUSTOM" and not rendition.get("renditions"):
            raise AwsError("ValidationException", "renditionSelection CUSTOM needs renditions", 400)
        if len(self.recording_configurations) >= self.quotas.recording_configurations:
            raise AwsError("ServiceQuotaExceededException", "There are as many as the quota allows", 402)
        arn = f"{self._arn}:recording-configuration/{self._id(12)}"
        made = RecordingConfiguration(arn, settings, dict(params.get("tags", {})))
        self.recording_configurations[arn] = made

        def created() -> None:
            there = self.bucket_exists(settings["destinationConfiguration"]["s3"]["bucketName"])
            made.state = "ACTIVE" if there else "CREATE_FAILED"

        self._clock.call_later(self._recording_seconds, created)
        return {"recordingConfiguration": show_recording_configuration(made)}

    def get_recording_configuration(self, params: Params, caller: Caller) -> Params:
        return {"recordingConfiguration": show_recording_configuration(self._recording_configuration(params["arn"]))}

    def list_recording_configurations(self, params: Params, caller: Caller) -> Params:
        taken, token = _page(list(self.recording_configurations.values()), lambda each: each.arn, params)
        return {"recordingConfigurations": [show_recording_configuration(each) for each in taken], "nextToken": token}

    def delete_recording_configuration(self, params: Params, caller: Caller) -> None:
        found = self._recording_configuration(params["arn"])
        if any(each.settings["recordingConfigurationArn"] == found.arn for each in self.channels.values()):
            raise AwsError("ConflictException", "A channel uses the recording configuration", 409)
        if found.state == "CREATING":
            raise AwsError("ConflictException", "The recording configuration is being created", 409)
        del self.recording_configurations[found.arn]

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

    def stream_started(
        self, arn: str, *, width: int | None = None, height: int | None = None, fps: float | None = None
    ) -> None:
        """Video arrives: its size in pixels and its frames a second, if known.

        Nothing happens if the channel is live already, or gone. A picture that is too large is refused: the session
        ends before the stream has started, and the encoder is cut off soon after this call.
        """
        channel = self.channels.get(arn)
        if channel is None or channel.stream is not None:
            return
        measured = Measured(width, height, fps)
        if not self.may_start(arn):
            self._held[arn] = measured
            return
        recording = self.recording_configurations.get(channel.settings["recordingConfigurationArn"])
        shown = None if recording is None else show_recording_configuration(recording)
        stream = Stream(f"st-{self._id(23)}", self._clock.time(), self._show(channel), shown)
        stream.health = "UNKNOWN" if self.unknowns.unknown_health else "HEALTHY"
        channel.sessions.insert(0, stream)
        self._tell(channel, stream, "Session Created")
        self._note(stream, measured)
        breach = limits.resolution_breach(channel.settings["type"], width or 0, height or 0)
        if breach is None and len(self.channels) > self.quotas.streams:
            live = sum(each.stream is not None for each in self.channels.values())
            breach = limits.broadcasts_breach(self.quotas.streams, live)
        if breach is not None:
            self._breached(channel, stream, breach)
            stream.ended = self._clock.time()
            self._tell(channel, stream, "Session Ended")
        else:
            channel.stream = stream
            self._tell(channel, stream, "Stream Start")
            self._starving(channel, stream, self.is_starved(arn))

    def stream_measured(
        self,
        arn: str,
        *,
        bitrate: float | None = None,
        fps: float | None = None,
        keyframe_seconds: float | None = None,
    ) -> None:
        """What arrived over the last seconds: bits a second, frames a second, the time between key frames.

        Nothing happens if the channel is not live. Too many bits in several measurements in a row cut the encoder off
        soon after this call. Nothing at all, less than half of the frames, or hardly any key frames starve the stream.
        """
        channel = self.channels.get(arn)
        if channel is None or (stream := channel.stream) is None:
            return
        wanted = stream.video.get("targetFramerate")
        few = fps is not None and wanted is not None and fps < wanted / 2
        far = keyframe_seconds is not None and keyframe_seconds > limits.KEYFRAME
        self._starving(channel, stream, bitrate == 0 or few or far or self.is_starved(arn))
        if stream.health == "UNKNOWN":
            stream.health = "HEALTHY"
        if bitrate is None:
            return
        if bitrate > 0:
            stream.video["targetBitrate"] = int(bitrate)
        breach = limits.bitrate_breach(channel.settings["type"], stream.lines, bitrate)
        stream.breaches = 0 if breach is None else stream.breaches + 1
        if breach is not None and stream.breaches == limits.BREACHES:
            self._breached(channel, stream, breach)

    def stream_ended(self, arn: str) -> None:
        """No more video arrives. Nothing happens if the channel is not live."""
        self._held.pop(arn, None)
        channel = self.channels.get(arn)
        if channel is None or channel.stream is None:
            return
        stream, channel.stream = channel.stream, None
        stream.ended = self._clock.time()
        self._tell(channel, stream, "Stream End", "Session Ended")

    # Accidents

    def look(self) -> None:
        """Start the streams that are not held back any more, and let those starve that shall."""
        for arn, measured in list(self._held.items()):
            if self.may_start(arn):
                del self._held[arn]
                self.stream_started(arn, width=measured.width, height=measured.height, fps=measured.fps)
        for channel in self.channels.values():
            if channel.stream is not None:
                self._starving(channel, channel.stream, self.is_starved(channel.arn))

    # Too many calls

    def throttle(self, operation: str, params: Params) -> None:
        """Raises AwsError ThrottlingException beyond the operation's calls a second."""
        if not self.throttled:
            return
        wanted = [(operation, "", limits.RATES.get(operation, limits.CALLS))]
        if operation == "PutMetadata":
            wanted.append((operation, params["channelArn"], limits.METADATA_CALLS))
        for name, arn, rate in wanted:
            bucket = self._buckets.setdefault((name, arn), TokenBucket(self._clock, rate, rate))
            if not bucket.take():
                raise AwsError("ThrottlingException", "Request was denied due to request throttling.", 429)

    # Who may what (service authorization reference, Amazon IVS)

    def authorisation(self, operation: str, params: Params) -> list[Access]:
        """What must be allowed. Three channel calls also speak of stream keys, by `stream-key/*`, without tags."""
        action, keys = f"ivs:{operation}", f"{self._arn}:stream-key/*"
        wanted = request_tags(params.get("tags", {}), params.get("tagKeys", []))
        if operation == "CreateStreamKey":
            accesses: list[Access] = [(action, keys, wanted)]
        else:
            kind = "recording-configuration" if "RecordingConfiguration" in operation else "channel"
            named = params.get("arn") or params.get("channelArn") or params.get("resourceArn")
            arns = params.get("arns") or [named or f"{self._arn}:{kind}/*"]
            accesses = [(action, arn, wanted | self._resource_tags(arn)) for arn in arns]
        if operation in ("CreateChannel", "DeleteChannel", "ListStreamKeys"):
            accesses.append((action, keys, {}))
        if operation.startswith("Create") and params.get("tags"):
            accesses.append(("ivs:TagResource", accesses[0][1], wanted))
        return accesses

    def _resource_tags(self, arn: str) -> dict[str, Any]:
        found = self._find(arn)
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

    def _recording_configuration(self, arn: str) -> RecordingConfiguration:
        if arn not in self.recording_configurations:
            raise AwsError("ResourceNotFoundException", f"There is no recording configuration {arn}", 404)
        return self.recording_configurations[arn]

    def _find(self, arn: str) -> Channel | StreamKey | RecordingConfiguration | None:
        return self.channels.get(arn) or self._keys.get(arn) or self.recording_configurations.get(arn)

    def _resource(self, arn: str) -> Channel | StreamKey | RecordingConfiguration:
        found = self._find(arn)
        if found is None:
            raise AwsError("ResourceNotFoundException", f"There is no resource {arn}", 404)
        return found

    def _live(self, arn: str) -> tuple[Channel, Stream]:
        channel = self._channel(arn)
        if channel.stream is None:
            raise AwsError("ChannelNotBroadcasting", "The channel is not broadcasting", 404)
        return channel, channel.stream

    def _checked(self, settings: Params) -> Params:
        """A channel's settings, if they go together; the preset follows the type (IVS API reference)."""
        advanced = settings["type"].startswith("ADVANCED")
        if settings["preset"] and not advanced:
            raise AwsError("ValidationException", "preset needs a channel of type ADVANCED_HD or ADVANCED_SD", 400)
        multitrack = settings["multitrackInputConfiguration"]
        if multitrack.get("enabled") and not (
            settings["type"] == "STANDARD"
            and settings["containerFormat"] == "FRAGMENTED_MP4"
            and {"policy", "maximumResolution"} <= multitrack.keys()
        ):
            raise AwsError(
                "ValidationException",
                "Multitrack input needs type STANDARD, containerFormat FRAGMENTED_MP4, policy and maximumResolution",
                400,
            )
        if settings["recordingConfigurationArn"]:
            self._recording_configuration(settings["recordingConfigurationArn"])
        for member in ("playbackRestrictionPolicyArn", "adConfigurationArn"):
            if settings[member]:  # the sandbox has no call that makes one
                raise AwsError("ResourceNotFoundException", f"There is no {settings[member]}", 404)
        preset = settings["preset"] or ("HIGHER_BANDWIDTH_DELIVERY" if advanced else "")
        return settings | {"preset": preset}

    def _show_stream(self, stream: Stream) -> Params:
        return show_stream(stream, -1 if self.unknowns.uncounted_viewers else self.viewers(stream.channel["arn"]))

    def _note(self, stream: Stream, measured: Measured) -> None:
        seen = {
            "videoWidth": measured.width,
            "videoHeight": measured.height,
            "targetFramerate": None if measured.fps is None else round(measured.fps),
        }
        stream.video |= {name: value for name, value in seen.items() if value is not None}

    def _starving(self, channel: Channel, stream: Stream, starving: bool) -> None:
        if starving != (stream.health == "STARVING"):
            stream.health = "STARVING" if starving else "HEALTHY"
            name = "Starvation Start" if starving else "Starvation End"
            self._tell(channel, stream, name, kind="IVS Stream Health Change")

    def _breached(self, channel: Channel, stream: Stream, breach: Params) -> None:
        """Tell of it, and cut the encoder off; not from within the video side's own call."""
        stream.failed = True
        detail = breach | {"channel_name": channel.settings["name"], "stream_id": stream.id}
        self._record(stream, "IVS Limit Breach", breach["limit_name"])
        self._emit("aws.ivs", "IVS Limit Breach", detail, [channel.arn])
        self._clock.call_later(0.0, lambda: self.disconnect(channel.arn))

    def _tell(self, channel: Channel, stream: Stream, *names: str, kind: str = "IVS Stream State Change") -> None:
        for name in names:
            detail = {"event_name": name, "channel_name": channel.settings["name"], "stream_id": stream.id}
            self._record(stream, kind, name)
            self._emit("aws.ivs", kind, detail, [channel.arn])

    def _record(self, stream: Stream, kind: str, name: str) -> None:
        stream.events.appendleft({"name": name, "type": kind, "eventTime": self._clock.time()})

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
    "playbackRestrictionPolicyArn": "",
    "adConfigurationArn": "",
    "preset": "",
    "containerFormat": "TS",
    "multitrackInputConfiguration": {"enabled": False},
}
"""CreateChannel's defaults (IVS API reference)."""

_RECORDING_DEFAULTS: Params = {
    "name": "",
    "recordingReconnectWindowSeconds": 0,
    "thumbnailConfiguration": {"recordingMode": "INTERVAL", "targetIntervalSeconds": 60},
    "renditionConfiguration": {"renditionSelection": "ALL"},
}
"""CreateRecordingConfiguration's defaults (IVS API reference)."""

_FILTERS = {
    "filterByName": "name",
    "filterByRecordingConfigurationArn": "recordingConfigurationArn",
    "filterByPlaybackRestrictionPolicyArn": "playbackRestrictionPolicyArn",
    "filterByAdConfigurationArn": "adConfigurationArn",
}


def show_key(key: StreamKey) -> Params:
    """A stream key with its secret; ListStreamKeys's shape leaves that out."""
    return {"arn": key.arn, "value": key.value, "channelArn": key.channel_arn, "tags": key.tags}


def show_recording_configuration(found: RecordingConfiguration) -> Params:
    """A recording configuration."""
    return {**found.settings, "arn": found.arn, "state": found.state, "tags": found.tags}


def _sort_out(arns: list[str], store: dict[str, T]) -> tuple[list[T], list[Params]]:
    """What is there, and an error for each that is not."""
    errors = [
        {"arn": arn, "code": "ResourceNotFoundException", "message": "There is no such resource"}
        for arn in arns
        if arn not in store
    ]
    return [store[arn] for arn in arns if arn in store], errors


def _page(items: list[T], key: Callable[[T], str], params: Params) -> tuple[list[T], str | None]:
    try:
        return page(items, key, params.get("maxResults", PAGE), params.get("nextToken"))
    except ValueError:
        raise AwsError("ValidationException", "nextToken is not valid", 400) from None
