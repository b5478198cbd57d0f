"""Between MediaLive's behaviour and what makes video; and a plane without video, for tests and simulations.

MediaLive asks the plane for a port per push input, and starts one encoder per running channel; the encoder
reports what happens to it, later and never from within `start`. Everything runs on the sandbox's one loop.

Reports are dictionaries:
- `{"event": "running"}`: the encoder is up; it may still wait for its first input.
- `{"event": "input", "attachment": NAME, "connected": bool}`: somebody publishes to an input, or no longer.
- `{"event": "picture", "attachment": NAME, "there": bool}`: the input on air has a picture, or none.
- `{"event": "switched", "action": NAME | None, "attachment": NAME, "url": text | None}`: an input is on air now, put
  there by an action or by the start; `url` is a file's.
- `{"event": "ended", "action": NAME | None}`: the file that this action put on air has ended.
- `{"event": "prepared", "attachment": NAME | None}`: the input of an input prepare is ready; None: it has ended.
- `{"event": "alert", "id": text, "type": text, "set": bool, "message": text}`: something went wrong, or is well again.
- `{"event": "output", "output": NAME, "connected": bool, "given_up": bool}`: an RTMP output has a connection, or none;
  with `given_up` its retries have ended, and it does not come back.
- `{"event": "died", "reason": TEXT}`: the encoder is gone without having been stopped. Nothing follows.

An assumption, not known of AWS: nothing is sent to any output before the first input has arrived.
"""

import itertools
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

from sandbox.clock import Clock, Timer
from sandbox.errors import AwsError

Report = Callable[[dict[str, Any]], None]


class Thumbnail(NamedTuple):
    """A picture of the active input before any processing, and when it was made, in seconds since the epoch."""

    jpeg: bytes
    at: float


class Encoder(Protocol):
    """One running channel."""

    def stop(self, stopped: Callable[[], None]) -> None:
        """Finish the outputs, then call back."""
        ...

    def schedule(self, action: dict[str, Any]) -> None:
        """A ScheduleAction (botocore's shape) that takes effect now.

        But an input switch with a fixed start is handed over shortly before its `Time`, and one with a follow start
        as soon as the switch that it follows was: the encoder performs it when that one's file has ended.
        """
        ...

    def unschedule(self, names: list[str]) -> None:
        """Take back actions that have not taken effect."""
        ...

    def thumbnail(self) -> Thumbnail | None:
        """The newest; None while the active input has no picture."""
        ...


class MediaPlane(Protocol):
    """What makes video of channels."""

    def allocate_port(self) -> int:
        """A free loopback port, for one RTMP push input as long as it exists."""
        ...

    def release_port(self, port: int) -> None:
        """The input of this port is deleted."""
        ...

    def lacks(self, channel: dict[str, Any], inputs: dict[str, dict[str, Any]]) -> str | None:
        """What of a channel, as `start` takes it, the encoder can't do."""
        ...

    def start(self, channel: dict[str, Any], inputs: dict[str, dict[str, Any]], report: Report) -> Encoder:
        """Start a channel's encoder.

        `channel`: what CreateChannel was given, with Id and Arn; its Destinations hold the stream key. Its
        "StartAttachment" is on air first, by the switch "StartAction", with "StartUrlPath" (a list or None) if that is
        a dynamic input; without it the first attachment is.
        `inputs`: input id -> `{"Type": "RTMP_PUSH", "Port": int, "StreamNames": ["app/instance"]}`, or
        `{"Type": "MP4_FILE" | "TS_FILE" | "URL_PULL", "Sources": [{"Url": text}]}`.
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
    output connects `CONNECT` seconds after the first input is there (or after the start, unless it `waits_for_input`:
    AWS documents neither), and again `RECONNECT` seconds after it was
    refused or cut off, as often as its NumRetries (10 by default) allow; other outputs do nothing.

    A file lasts `file_seconds`, or what `lengths` says of its URL (without a query). `picture` is every thumbnail.
    """

    CONNECT = 0.3
    RECONNECT = 1.0

    def __init__(self, clock: Clock, ivs: Publishers, publishing: bool = True, *, waits_for_input: bool = True) -> None:
        self.clock = clock
        self.ivs = ivs
        self.running: dict[str, SimulatedEncoder] = {}
        self.on_air: dict[str, SimulatedOutput] = {}
        self.file_seconds = 60.0
        self.lengths: dict[str, float] = {}
        self.picture: bytes | None = None
        self.waits_for_input = waits_for_input
        self._default = publishing
        self._publishing: dict[str, bool] = {}
        self._ports = itertools.cycle(range(20_000, 30_000))

    def allocate_port(self) -> int:
        return next(self._ports)

    def release_port(self, port: int) -> None:
        """Nothing listens here."""

    def lacks(self, channel: dict[str, Any], inputs: dict[str, dict[str, Any]]) -> str | None:
        return None

    def start(self, channel: dict[str, Any], inputs: dict[str, dict[str, Any]], report: Report) -> Encoder:
        encoder = SimulatedEncoder(self, channel, inputs, report)
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
    """A running channel without video. `actions` are the schedule actions that were handed over."""

    def __init__(
        self,
        plane: SimulatedPlane,
        channel: dict[str, Any],
        inputs: dict[str, dict[str, Any]],
        report: Report,
    ) -> None:
        self.actions: list[dict[str, Any]] = []
        self._plane = plane
        self._id: str = channel["Id"]
        self._report = report
        attached = channel["InputAttachments"]
        self._pushed = {
            each["InputAttachmentName"]: each["InputId"]
            for each in attached
            if inputs[each["InputId"]]["Type"] == "RTMP_PUSH"
        }
        self._connected = dict.fromkeys(self._pushed, False)
        self._outputs = [SimulatedOutput(plane, report, *target) for target in rtmp_targets(channel)]
        self._programme = SimulatedProgramme(plane, attached, inputs, self._on_air, self._file_ended)
        self._seen = False
        self._picture: tuple[str, bool] | None = None  # what was told last
        start = channel.get("StartAttachment") or attached[0]["InputAttachmentName"]
        self._start = channel.get("StartAction"), start, channel.get("StartUrlPath")
        self._begin = plane.clock.call_later(0.0, self._running)

    def stop(self, stopped: Callable[[], None]) -> None:
        self._end()
        self._plane.clock.call_later(0.0, stopped)

    def schedule(self, action: dict[str, Any]) -> None:
        self.actions.append(action)
        match action["ScheduleActionSettings"]:
            case {"InputSwitchSettings": dict()}:
                self._programme.take(action)
            case {"InputPrepareSettings": dict() as settings}:
                attachment = settings.get("InputAttachmentNameReference") or None
                self._later(lambda: self._report({"event": "prepared", "attachment": attachment}))

    def unschedule(self, names: list[str]) -> None:
        self._programme.drop(names)

    def thumbnail(self) -> Thumbnail | None:
        return Thumbnail(self._plane.picture, self._plane.clock.time()) if self._plane.picture else None

    def die(self, reason: str) -> None:
        """End without having been asked to."""
        self._end()
        self._report({"event": "died", "reason": reason})

    def alert(self, alert_id: str, kind: str, message: str, *, is_set: bool = True) -> None:
        """Tell that something goes wrong, or is well again."""
        self._report({"event": "alert", "id": alert_id, "type": kind, "set": is_set, "message": message})

    def look(self) -> None:
        """Notice who publishes now. Outputs begin with the active input's first picture and go on without it."""
        for name, input_id in self._pushed.items():
            connected = self._plane.is_publishing(input_id)
            if connected != self._connected[name]:
                self._connected[name] = connected
                self._report({"event": "input", "attachment": name, "connected": connected})
        self._look_for_picture()
        there = self._connected.get(self._programme.attachment, True) or not self._plane.waits_for_input
        if there and not self._seen:
            self._seen = True
            for output in self._outputs:
                output.connect_in(SimulatedPlane.CONNECT)

    def _look_for_picture(self) -> None:
        attachment = self._programme.attachment
        there = self._connected.get(attachment, not self._programme.over)
        if attachment and self._picture != (attachment, there):
            self._picture = attachment, there
            self._report({"event": "picture", "attachment": attachment, "there": there})

    def _running(self) -> None:
        self._report({"event": "running"})
        if self._plane.running.get(self._id) is self:
            self._programme.play(*self._start)

    def _on_air(self, action: str | None, attachment: str, url: str | None) -> None:
        self._report({"event": "switched", "action": action, "attachment": attachment, "url": url})
        if self._plane.running.get(self._id) is self:
            self.look()

    def _file_ended(self, action: str | None) -> None:
        self._report({"event": "ended", "action": action})
        self._later(self._look_for_picture)  # when what follows it has taken its place

    def _later(self, report: Callable[[], None]) -> None:
        def tell() -> None:
            if self._plane.running.get(self._id) is self:
                report()

        self._plane.clock.call_later(0.0, tell)

    def _end(self) -> None:
        self._begin.cancel()
        self._programme.end()
        self._plane.running.pop(self._id, None)
        for output in self._outputs:
            output.close()


class SimulatedProgramme:
    """What is on air: a push input for good, a file as long as it lasts, and then what follows it.

    `on_air` is told (action, attachment, url) of every input that goes on air, `ended` the action of every file that
    has ended.
    """

    def __init__(
        self,
        plane: SimulatedPlane,
        attached: list[dict[str, Any]],
        inputs: dict[str, dict[str, Any]],
        on_air: Callable[[str | None, str, str | None], None],
        ended: Callable[[str | None], None],
    ) -> None:
        self.attachment = ""
        self.over = False  # the file on air has ended, and nothing follows it yet
        self._plane = plane
        self._sources = {each["InputAttachmentName"]: inputs[each["InputId"]].get("Sources") for each in attached}
        self._loops = {
            each["InputAttachmentName"]
            for each in attached
            if each.get("InputSettings", {}).get("SourceEndBehavior") == "LOOP"
        }
        self._on_air = on_air
        self._tell_end = ended
        self._action: str | None = None
        self._file: Timer | None = None
        self._timed: dict[str, Timer] = {}
        self._followers: dict[str, dict[str, Any]] = {}

    def take(self, action: dict[str, Any]) -> None:
        """Take an input switch: at once, at its time, or behind the one it follows."""
        name, start = action["ActionName"], action["ScheduleActionStartSettings"]
        if (follow := start.get("FollowModeScheduleActionStartSettings")) is not None:
            self._followers[follow["ReferenceActionName"]] = action
            if self.over and self._action == follow["ReferenceActionName"]:
                self._follow()
            return
        fixed = start.get("FixedModeScheduleActionStartSettings")
        due = datetime.fromisoformat(fixed["Time"]).timestamp() if fixed else 0.0
        delay = due - self._plane.clock.time()
        self._timed[name] = self._plane.clock.call_later(delay, lambda: self._perform(action))

    def play(self, action: str | None, attachment: str, path: list[str] | None) -> None:
        """Put an input on air; a file from its beginning."""
        self._action, self.attachment, self.over = action, attachment, False
        if self._file is not None:
            self._file.cancel()
            self._file = None
        url = None
        if (sources := self._sources[attachment]) is not None:
            url = sources[0]["Url"].replace("$urlPath$", next(iter(path or ()), "")).partition("?")[0]
            if attachment not in self._loops:
                length = self._plane.lengths.get(url, self._plane.file_seconds)
                self._file = self._plane.clock.call_later(length, self._file_ended)
        self._on_air(action, attachment, url)

    def drop(self, names: list[str]) -> None:
        """Forget switches that have not taken place."""
        for name in names:
            if name in self._timed:
                self._timed.pop(name).cancel()
        self._followers = {
            after: action for after, action in self._followers.items() if action["ActionName"] not in names
        }

    def end(self) -> None:
        """Nothing is on air any more."""
        self.drop(list(self._timed))
        self._followers.clear()
        if self._file is not None:
            self._file.cancel()

    def _perform(self, action: dict[str, Any]) -> None:
        self._timed.pop(action["ActionName"], None)
        settings = action["ScheduleActionSettings"]["InputSwitchSettings"]
        self.play(action["ActionName"], settings["InputAttachmentNameReference"], settings.get("UrlPath"))

    def _file_ended(self) -> None:
        self._file, self.over = None, True
        self._tell_end(self._action)
        self._follow()

    def _follow(self) -> None:
        if (action := self._followers.pop(self._action or "", None)) is not None:
            self._perform(action)


class SimulatedOutput:
    """One RTMP output: connected to an IVS channel, or trying to be."""

    def __init__(
        self, plane: SimulatedPlane, report: Report, name: str, host: str, app: str, key: str, retries: int
    ) -> None:
        self._plane = plane
        self._report = report
        self._name = name
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
        self._tell(connected=False)
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
        self._tell(connected=True)

    def _try_again(self) -> None:
        if self._retries > 0:
            self._retries -= 1
            self.connect_in(SimulatedPlane.RECONNECT)
        else:
            self._tell(connected=False, given_up=True)

    def _tell(self, *, connected: bool, given_up: bool = False) -> None:
        self._report({"event": "output", "output": self._name, "connected": connected, "given_up": given_up})


def rtmp_targets(channel: dict[str, Any]) -> list[tuple[str, str, str, str, int]]:
    """(output, host, application, stream name, NumRetries) of the RTMP outputs; the stream name is a secret."""
    destinations = {each["Id"]: each["Settings"][0] for each in channel["Destinations"] if each.get("Settings")}
    targets = []
    for group in channel["EncoderSettings"]["OutputGroups"]:
        for output in group["Outputs"]:
            settings = output["OutputSettings"].get("RtmpOutputSettings")
            if settings is not None:
                to = destinations[settings["Destination"]["DestinationRefId"]]
                url = urlsplit(to["Url"])
                retries = settings.get("NumRetries", 10)
                name, host, app = output.get("OutputName", ""), url.hostname or "", url.path.strip("/")
                targets.append((name, host, app, to["StreamName"], retries))
    return targets
