"""The media plane with real video: an encoder process for each running channel, and the ingest of IVS.

It keeps to MediaPlane and Encoder of `sandbox.media.plane`. All of it runs on the sandbox's loop; what is
heavy happens in the children. A child that dies is reported and not replaced: that is MediaLive's decision.
"""

import asyncio
import json
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sandbox.media.ivs_ingest import Ivs, IvsIngest
from sandbox.media.plane import Thumbnail

THUMBNAIL = "thumbnail.jpg"  # in the channel's directory; its encoder keeps it
STOP_TIMEOUT = 20.0  # seconds until an encoder that does not finish is killed
Report = Callable[[dict[str, Any]], None]

_log = logging.getLogger(__name__)


class VideoPlane:
    """`s3` gives boto3's client arguments for a MediaLive role's ARN; `ivs_port` 0 takes any free port.

    `work_dir` holds the live HLS of IVS, journals and the children's stderr.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        work_dir: Path,
        ivs: Ivs,
        s3: Callable[[str], dict[str, Any]],
        ivs_port: int = 0,
    ) -> None:
        self._loop = loop
        self._work_dir = work_dir
        self._s3 = s3
        self._ports: dict[int, socket.socket] = {}
        self._encoders: set[ChildEncoder] = set()
        self._ivs_ingest = IvsIngest(loop, work_dir / "ivs", ivs)
        listener = _bound(ivs_port)
        self.ivs_port: int = listener.getsockname()[1]
        self._serving = loop.create_task(self._ivs_ingest.rtmp.listen(listener))

    def allocate_port(self) -> int:
        """A loopback port that stays reserved: on Linux a bound socket keeps others off it, and does not
        hinder the encoder, whose own socket shares the address and is the only one that listens.
        """
        holder = _bound(0)
        port: int = holder.getsockname()[1]
        if sys.platform == "linux":
            self._ports[port] = holder
        else:
            holder.close()
        return port

    def release_port(self, port: int) -> None:
        """The input is gone."""
        if (holder := self._ports.pop(port, None)) is not None:
            holder.close()

    def lacks(self, channel: dict[str, Any], inputs: dict[str, dict[str, Any]]) -> str | None:
        """What the encoder would die of."""
        from sandbox.media.output_settings import Unsupported
        from sandbox.media.settings import read_channel

        try:
            read_channel(channel, inputs, self.ivs_port)
        except Unsupported as error:
            return str(error)
        return None

    def start(self, channel: dict[str, Any], inputs: dict[str, dict[str, Any]], report: Report) -> "ChildEncoder":
        """Start the channel's encoder; for what it reports see `sandbox.media.plane`."""
        directory = self._work_dir / "channels" / str(channel["Id"])
        directory.mkdir(parents=True, exist_ok=True)
        config = {
            "channel": channel,
            "inputs": inputs,
            "ivs_port": self.ivs_port,
            "s3": self._s3(channel.get("RoleArn", "")),
            "directory": str(directory),
        }
        encoder = ChildEncoder(self._loop, directory, config, report, self._encoders.discard)
        self._encoders.add(encoder)
        return encoder

    def disconnect(self, ivs_arn: str) -> None:
        """IVS's StopStream: end the channel's ingest connection. The encoder comes back by itself."""
        self._ivs_ingest.rtmp.disconnect(ivs_arn)

    def insert_metadata(self, ivs_arn: str, text: str) -> None:
        """IVS's PutMetadata: the text goes into the live HLS beside the next picture."""
        self._ivs_ingest.insert_metadata(ivs_arn, text)

    def hls_dir(self, ivs_arn: str) -> Path:
        """The live HLS of an IVS channel; its entrance is `ivs_ingest.PLAYLIST`. May not exist yet."""
        return self._ivs_ingest.hls_dir(ivs_arn)

    async def close(self) -> None:
        """End everything at once; no child is left."""
        for encoder in list(self._encoders):
            encoder.kill()
        await asyncio.gather(*(encoder.ended for encoder in list(self._encoders)))
        await asyncio.wait((self._serving,))
        self._ivs_ingest.rtmp.close()
        for port in list(self._ports):
            self.release_port(port)


class ChildEncoder:
    """One running channel's process."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        directory: Path,
        config: dict[str, Any],
        report: Report,
        forget: Callable[["ChildEncoder"], None],
    ) -> None:
        self._loop = loop
        self._directory = directory
        self._report = report
        self._reason = ""
        self._stopped: list[Callable[[], None]] = []
        self._stopping = False
        self._overdue: asyncio.TimerHandle | None = None
        (directory / THUMBNAIL).unlink(missing_ok=True)
        with (directory / "encoder.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "sandbox.media.channel"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=Path(__file__).parents[2],
                env=_child_environment(),
            )
        self.pid = self._process.pid
        self._send(config)
        self.ended = loop.create_task(self._listen())
        self.ended.add_done_callback(lambda _: forget(self))

    def schedule(self, action: dict[str, Any]) -> None:
        """Hand over a ScheduleAction: it takes effect now, an input switch at its time or behind the one it follows."""
        self._send({"command": "schedule", "action": action})

    def unschedule(self, names: list[str]) -> None:
        """Take back actions that have not taken effect."""
        self._send({"command": "unschedule", "names": names})

    def thumbnail(self) -> Thumbnail | None:
        """Of the active input, 2 s old at most; None if it has no picture, or thumbnails are off."""
        try:
            with (self._directory / THUMBNAIL).open("rb") as file:
                return Thumbnail(file.read(), os.fstat(file.fileno()).st_mtime)
        except FileNotFoundError:
            return None

    def stop(self, stopped: Callable[[], None]) -> None:
        """Finalise the outputs, end, then call `stopped`; also if it is dead already."""
        if self.ended.done():
            self._loop.call_soon(stopped)
            return
        self._stopped.append(stopped)
        if not self._stopping:
            self._stopping = True
            self._send({"command": "stop"})
            self._overdue = self._loop.call_later(STOP_TIMEOUT, self.kill)

    def drop(self, attachment: str, seconds: float) -> None:
        """Cut off who publishes to an input, and let nobody in for so long."""
        self._send({"command": "drop", "attachment": attachment, "seconds": float(seconds)})

    def kill(self) -> None:
        """End it as a crash would; that is not reported as a death."""
        self._stopping = True
        self._process.kill()

    def _send(self, line: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(line, default=str).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it has died, and _listen will say so

    async def _listen(self) -> None:
        assert self._process.stdout is not None
        reports = asyncio.StreamReader()
        transport, _ = await self._loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reports), self._process.stdout
        )
        while (line := await reports.readline()).endswith(b"\n"):  # a killed child's last line may be half
            self._hear(json.loads(line))
        transport.close()
        status = await self._loop.run_in_executor(None, self._process.wait)
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._end(status)

    def _hear(self, report: dict[str, Any]) -> None:
        match report["event"]:
            case "failed":
                self._reason = report["reason"]
            case "stopped":
                return
            case "alert":
                _log.warning("encoder %d: %s", self.pid, report["message"])
        if not self._stopping and report["event"] != "failed":
            self._report(report)

    def _end(self, status: int) -> None:
        if self._overdue is not None:
            self._overdue.cancel()
        reason = self._reason or f"encoder ended with status {status}"
        if not self._stopping:
            self._report({"event": "died", "reason": reason})
        elif status:
            _log.warning("the outputs of a channel were not finalised: %s", reason)
        for stopped in self._stopped:
            stopped()


def _bound(port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", port))
    return bound


def _child_environment() -> dict[str, str]:
    """Ours without AWS_*: the child's only credentials are those of the channel's role."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
