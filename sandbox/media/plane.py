"""Between MediaLive's behaviour and what makes video; and a plane without video, for tests and simulations.

MediaLive asks the plane for a port per push input, and starts one encoder per running channel; the encoder
reports what happens to it, later and never from within `start`. Everything runs on the sandbox's one loop.

Reports are dictionaries:
- `{"event": "running"}`: the encoder is up; it may still wait for its first input.
- `{"event": "input", "attachment": NAME, "connected": bool}`: somebody publishes to an input, or no longer.
- `{"event": "died", "reason": TEXT}`: the encoder is gone without having been stopped. Nothing follows.

An assumption, not known of AWS: nothing is sent to any output before the first input has arrived.
"""

import itertools
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import urlsplit

from sandbox.clock import Clock, Timer
from sandbox.errors import AwsError

Report = Callable[[dict[str, Any]], None]


class Encoder(Protocol):
    """One running channel."""

    def stop(self, stopped: Callable[[], None]) -> None:
        """Finish the outputs, then call back."""
        ...

    def schedule(self, action: dict[str, Any]) -> None:
        """A ScheduleAction (botocore's shape) that takes effect now."""
        ...


class MediaPlane(Protocol):
    """What makes video of channels."""

    def allocate_port(self) -> int:
        """A free loopback port, for one RTMP push input as long as it exists."""
        ...

    def release_port(self, port: int) -> None:
        """The input of this port is deleted."""
        ...

    def start(self, channel: dict[str, Any], inputs: dict[str, dict[str, Any]], report: Report) -> Encoder:
        """Start a channel's encoder.

        `channel`: what CreateChannel was given, with Id and Arn; its Destinations hold the stream key.
        `inputs`: input id -> `{"Type": "RTMP_PUSH", "Port": int, "StreamNames": ["app/instance"]}`.
        """
        ...


class Publishers(Protocol):
    """IVS as an encoder meets it (`sandbox.ivs.service.Ivs`)."""

    def find_publisher(self, endpoint_host: str, app: str, key: str) -> str: ...

    def stream_started(self, arn: str) -> None: ...

    def stream_ended(self, arn: str) -> None: ...


class SimulatedPlane:
    """No video, but its consequences: a running channel whose first input has a publisher goes live on IVS.

    `publishing` is whether anybody publishes to an input for which `publish` has not said otherwise. An RTMP
    output connects `CONNECT` seconds after the first input is there, and again `RECONNECT` seconds after it was
    refused or cut off, as often as its NumRetries (10 by default) allow; other outputs do nothing.
    """

    CONNECT = 0.3
    RECONNECT = 1.0

    def __init__(self, clock: Clock, ivs: Publishers, publishing: bool = True) -> None:
        self.clock = clock
        self.ivs = ivs
        self.running: dict[str, SimulatedEncoder] = {}
        self.on_air: dict[str, SimulatedOutput] = {}
        self._default = publishing
        self._publishing: dict[str, bool] = {}
        self._ports = itertools.cycle(range(20_000, 30_000))

    def allocate_port(self) -> int:
        return next(self._ports)

    def release_port(self, port: int) -> None:
        """Nothing listens here."""

    def start(self, channel: dict[str, Any], inputs: dict[str, dict[str, Any]], report: Report) -> Encoder:
        encoder = SimulatedEncoder(self, channel, report)
        self.running[channel["Id"]] = encoder
        return encoder

    def is_publishing(self, input_id: str) -> bool:
        """Whether somebody publishes to the input."""
        return self._publishing.get(input_id, self._default)

    def publish(self, publishing: bool, input_id: str | None = None) -> None:
        """Somebody begins or ends publishing to an input; without `input_id`, to every one."""
        if input_id is None:
            self._default = publishing
            self._publishing.clear()
        else:
            self._publishing[input_id] = publishing
        for encoder in list(self.running.values()):
            encoder.look()

    def disconnect(self, arn: str) -> None:
        """IVS cuts the connection to its channel `arn`; the encoder comes back by itself."""
        if arn in self.on_air:
            self.on_air[arn].cut()

    def kill(self, channel_id: str, reason: str) -> None:
        """Let a channel's encoder die."""
        self.running[channel_id].die(reason)


class SimulatedEncoder:
    """A running channel without video. `actions` are the schedule actions that took effect."""

    def __init__(self, plane: SimulatedPlane, channel: dict[str, Any], report: Report) -> None:
        self.actions: list[dict[str, Any]] = []
        self._plane = plane
        self._id: str = channel["Id"]
        self._report = report
        self._attachments = {each["InputAttachmentName"]: each["InputId"] for each in channel["InputAttachments"]}
        self._active = next(iter(self._attachments))
        self._connected = dict.fromkeys(self._attachments, False)
        self._outputs = [SimulatedOutput(plane, *target) for target in rtmp_targets(channel)]
        self._seen = False
        self._begin = plane.clock.call_later(0.0, self._running)

    def stop(self, stopped: Callable[[], None]) -> None:
        self._end()
        self._plane.clock.call_later(0.0, stopped)

    def schedule(self, action: dict[str, Any]) -> None:
        self.actions.append(action)

    def die(self, reason: str) -> None:
        """End without having been asked to."""
        self._end()
        self._report({"event": "died", "reason": reason})

    def look(self) -> None:
        """Notice who publishes now. Outputs begin with the active input's first picture and go on without it."""
        for name, input_id in self._attachments.items():
            connected = self._plane.is_publishing(input_id)
            if connected != self._connected[name]:
                self._connected[name] = connected
                self._report({"event": "input", "attachment": name, "connected": connected})
        if self._connected[self._active] and not self._seen:
            self._seen = True
            for output in self._outputs:
                output.connect_in(SimulatedPlane.CONNECT)

    def _running(self) -> None:
        self._report({"event": "running"})
        self.look()

    def _end(self) -> None:
        self._begin.cancel()
        self._plane.running.pop(self._id, None)
        for output in self._outputs:
            output.close()


class SimulatedOutput:
    """One RTMP output: connected to an IVS channel, or trying to be."""

    def __init__(self, plane: SimulatedPlane, host: str, app: str, key: str, retries: int) -> None:
        self._plane = plane
        self._target = (host, app, key)
        self._retries = retries
        self._arn: str | None = None
        self._timer: Timer | None = None

    def connect_in(self, seconds: float) -> None:
        """Connect later."""
        self._timer = self._plane.clock.call_later(seconds, self._connect)

    def cut(self) -> None:
        """Lose the connection and come back."""
        self.close()
        self.connect_in(SimulatedPlane.RECONNECT)

    def close(self) -> None:
        """Disconnect for good."""
        if self._timer is not None:
            self._timer.cancel()
        if self._arn is not None:
            arn, self._arn = self._arn, None
            del self._plane.on_air[arn]
            self._plane.ivs.stream_ended(arn)

    def _connect(self) -> None:
        try:
            arn = self._plane.ivs.find_publisher(*self._target)
        except (AwsError, ValueError):
            self._try_again()
            return
        if arn in self._plane.on_air:
            self._try_again()
            return
        self._arn = arn
        self._plane.on_air[arn] = self
        self._plane.ivs.stream_started(arn)

    def _try_again(self) -> None:
        if self._retries > 0:
            self._retries -= 1
            self.connect_in(SimulatedPlane.RECONNECT)


def rtmp_targets(channel: dict[str, Any]) -> list[tuple[str, str, str, int]]:
    """(host, application, stream name, NumRetries) of a channel's RTMP outputs; the stream name is a secret."""
    destinations = {each["Id"]: each["Settings"][0] for each in channel["Destinations"] if each.get("Settings")}
    targets = []
    for group in channel["EncoderSettings"]["OutputGroups"]:
        for output in group["Outputs"]:
            settings = output["OutputSettings"].get("RtmpOutputSettings")
            if settings is not None:
                to = destinations[settings["Destination"]["DestinationRefId"]]
                url = urlsplit(to["Url"])
                retries = settings.get("NumRetries", 10)
                targets.append((url.hostname or "", url.path.strip("/"), to["StreamName"], retries))
    return targets
