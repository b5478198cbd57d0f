"""One running channel: a process that takes its inputs, encodes once, and feeds all outputs.

Run as `python -m sandbox.media.channel`. It talks JSON lines: the first line on stdin is the configuration
(there and not in argv, since it holds secrets), every further one a command; reports go to stdout.

    {"channel": CreateChannel's content, "inputs": {id: ...}, "ivs_port": int, "s3": boto3's client arguments,
     "directory": where it may keep a journal and a thumbnail}
    {"command": "schedule", "action": a ScheduleAction}   {"command": "unschedule", "names": [...]}
    {"command": "stop"}

What it reports is listed in `sandbox.media.plane`; beside that `{"event": "failed", "reason": ...}` before it dies
and `{"event": "stopped"}` at its end.

stdin's end means that the sandbox has died: the process then ends at once and finalises nothing.
"""

import asyncio
import ctypes
import json
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any, TextIO

import av.logging

from sandbox.media.alerts import Alerts
from sandbox.media.director import Director
from sandbox.media.encode import AudioEncoder, VideoEncoder
from sandbox.media.files import Files, s3_client
from sandbox.media.ingest import Ingest, Unwelcome
from sandbox.media.input_settings import RtmpInput
from sandbox.media.inputs import Inputs
from sandbox.media.mixer import Mixer
from sandbox.media.outputs import Outputs
from sandbox.media.rtmp import Publish, Tag
from sandbox.media.rundown import Rundown, Switch
from sandbox.media.settings import ChannelSettings, Unsupported, read_channel
from sandbox.media.source import Feed, Source
from sandbox.media.supervisor import THUMBNAIL
from sandbox.media.timeline import Timeline

_CODEC_ALERT = "Unsupported Codec"
_ACTION_ALERT = "Unsupported Schedule Action"
_PR_SET_PDEATHSIG = 1


class Reports:
    """JSON lines to the parent, from any thread."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def __call__(self, report: dict[str, Any]) -> None:
        with self._lock:
            self._stream.write(json.dumps(report) + "\n")
            self._stream.flush()


class InputDoor:
    """The door of one attached input: who publishes there must know its application and stream name."""

    def __init__(self, settings: RtmpInput, source: Source, alerts: Alerts, report: Reports) -> None:
        self._settings = settings
        self._source = source
        self._alerts = alerts
        self._report = report
        self._closed_until = 0.0  # on the monotonic clock
        self._complaint: str | None = None
        self._is_on_air = False

    @property
    def attachment(self) -> str:
        return self._settings.attachment

    def close_for(self, seconds: float) -> None:
        """Refuse everybody for a time."""
        self._closed_until = time.monotonic() + seconds

    def admit(self, publish: Publish) -> str:
        if f"{publish.app}/{publish.stream}" not in self._settings.stream_names:
            raise Unwelcome
        if time.monotonic() < self._closed_until:
            raise Unwelcome
        return self._settings.attachment

    def open(self, place: str) -> "_InputStream":
        self._complaint = None
        self.look()
        self._report({"event": "input", "attachment": place, "connected": True})
        return _InputStream(place, self._source.connect(self._complain), self._report)

    def look(self, on_air: bool | None = None) -> None:
        """Alert of what can't be decoded while it is on air: of an input that is not, MediaLive tells nothing."""
        self._is_on_air = self._is_on_air if on_air is None else on_air
        alert, complaint = f"codec-{self._settings.attachment}", self._complaint
        if complaint is not None and self._is_on_air:
            self._alerts.set(alert, _CODEC_ALERT, complaint)
        else:
            self._alerts.clear(alert)

    def _complain(self, message: str) -> None:
        self._complaint = message
        self.look()


class _InputStream:
    def __init__(self, attachment: str, feed: Feed, report: Reports) -> None:
        self._attachment = attachment
        self._feed = feed
        self._report = report

    def tag(self, tag: Tag) -> None:
        self._feed.tag(tag)

    def close(self, reason: str) -> None:
        self._feed.close()
        self._report({"event": "input", "attachment": self._attachment, "connected": False})


class Channel:
    """Wires inputs, mixer and outputs; lives on an asyncio loop."""

    def __init__(self, settings: ChannelSettings, s3: dict[str, Any], directory: Path, report: Reports) -> None:
        self._settings = settings
        self._report = report
        self._loop = asyncio.get_running_loop()
        self._directory = directory
        self._alerts = Alerts(report)
        self._ingests: list[Ingest] = []
        self._doors: list[InputDoor] = []
        timeline = Timeline(settings.rate)
        files = Files(lambda: s3_client(s3))
        self._inputs = Inputs(settings.inputs, timeline, settings.sample_rate, files, self._alerts)
        videos = {video.name: VideoEncoder(video) for video in settings.videos}
        audios = {audio.name: AudioEncoder(audio) for audio in settings.audios}
        self._outputs = Outputs(settings.outputs, videos, audios, timeline, s3, directory, report)
        self._mixer = Mixer(
            timeline,
            Rundown(
                Switch(settings.start_action, settings.start, settings.start_path),
                self._inputs.open,
                self._on_air,
                self._ended,
            ),
            settings.loss,
            list(videos.values()),
            list(audios.values()),
            self._outputs.deliver,
            self._picture,
        )
        self._attachment = settings.start  # on air
        self._director = Director(self._mixer, files, settings.described, self._alerts, report)

    async def start(self) -> None:
        for attached in self._settings.inputs:
            if isinstance(attached, RtmpInput):
                source = self._inputs.sources[attached.attachment]
                door = InputDoor(attached, source, self._alerts, self._report)
                ingest = Ingest(self._loop, door)
                await ingest.listen(_listener(attached.port))
                self._ingests.append(ingest)
                self._doors.append(door)
        self._outputs.start()
        self._director.load_slate(self._settings.loss)
        if self._settings.thumbnails:
            self._director.keep_thumbnail(self._directory / THUMBNAIL)
        self._report({"event": "running"})
        self.mixing = asyncio.create_task(asyncio.to_thread(self._mixer.run))

    def schedule(self, action: dict[str, Any]) -> None:
        """A schedule action: it takes effect now, or is an input switch that waits for its time or its turn."""
        settings = action["ScheduleActionSettings"]
        if not self._director.perform(action) and not self._outputs.schedule(settings):
            name, kinds = action["ActionName"], ", ".join(settings)
            self._alerts.set(f"action-{name}", _ACTION_ALERT, f"schedule action {name}: no {kinds} in the sandbox")

    def unschedule(self, names: list[str]) -> None:
        """Forget input switches that have not taken place."""
        self._director.withdraw(names)

    def drop(self, attachment: str, seconds: float) -> None:
        """Cut off who publishes to an input, and let nobody in for a time."""
        for door, ingest in zip(self._doors, self._ingests, strict=True):
            if door.attachment == attachment:
                door.close_for(seconds)
                ingest.disconnect(attachment)

    async def stop(self) -> None:
        """Mix no more, finalise every output."""
        self._director.close()
        self._mixer.stop()
        await self.mixing
        await self._outputs.finish()
        for ingest in self._ingests:
            ingest.close()

    def _on_air(self, switch: Switch) -> None:
        """From the mixer's thread: the switch took place."""
        attachment = self._attachment = switch.attachment
        for door in self._doors:
            door.look(door.attachment == attachment)
        url = self._inputs.url(attachment, switch.path)
        self._report({"event": "switched", "action": switch.action, "attachment": attachment, "url": url})

    def _picture(self, there: bool) -> None:
        """From the mixer's thread: the input on air has a picture, or none."""
        self._report({"event": "picture", "attachment": self._attachment, "there": there})

    def _ended(self, switch: Switch) -> None:
        """From the mixer's thread: the file that the switch put on air has ended."""
        self._report({"event": "ended", "action": switch.action})


def _listener(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    return listener


async def _run(report: Reports) -> None:
    loop = asyncio.get_running_loop()
    commands = asyncio.StreamReader(limit=1 << 24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    config = json.loads(await commands.readline())
    settings = read_channel(config["channel"], config["inputs"], config["ivs_port"])
    channel = Channel(settings, config["s3"], Path(config["directory"]), report)
    await channel.start()
    obey = asyncio.create_task(_obey(channel, commands))
    await asyncio.wait((obey, channel.mixing), return_when=asyncio.FIRST_COMPLETED)
    if channel.mixing.done():
        channel.mixing.result()  # raises what ended it, unless it was told to stop
    await obey
    report({"event": "stopped"})


async def _obey(channel: Channel, commands: asyncio.StreamReader) -> None:
    while line := await commands.readline():
        match json.loads(line):
            case {"command": "schedule", "action": dict() as action}:
                channel.schedule(action)
            case {"command": "unschedule", "names": list() as names}:
                channel.unschedule(names)
            case {"command": "drop", "attachment": str() as attachment, "seconds": float() as seconds}:
                channel.drop(attachment, seconds)
            case {"command": "stop"}:
                await channel.stop()
                return
    os._exit(1)  # nobody is left to report to, nor a store to write to


def die_with_parent() -> None:
    """On Linux: be killed when the parent ends, however it ends. Elsewhere stdin's end says so."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def main() -> None:
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the parent decides
    av.logging.set_level(av.logging.PANIC)
    report = Reports(os.fdopen(os.dup(1), "w"))
    os.dup2(2, 1)  # what libraries print must not end up among the reports
    try:
        asyncio.run(_run(report))
    except Unsupported as error:
        report({"event": "failed", "reason": f"not supported: {error}"})
    except Exception as error:  # its text may hold an address with a stream name
        report({"event": "failed", "reason": type(error).__name__})
        raise SystemExit(1) from None
    os._exit(0)  # threads that still wait for a store or a decoder hold nothing back


if __name__ == "__main__":
    main()
