"""An RTMP output: the encoded stream pushed to a server, again and again if need be.

As MediaLive's RtmpOutputSettings say: after a lost or refused connection wait ConnectionRetryInterval, at
most NumRetries times in a row; then the output is given up. A connection begins with a key picture. What the
server does not take within CacheLength is not kept: the connection is dropped and made anew
(CacheFullBehavior DISCONNECT_IMMEDIATELY).
"""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from sandbox.media import flv
from sandbox.media.bitstream import AudioConfig, AudioUnit, VideoConfig, VideoUnit
from sandbox.media.rtmp import Accepted, PublisherSide, Refused

_TIMEOUT = 10.0
_CACHE_BYTES = 8 << 20


@dataclass(frozen=True)
class PushTarget:
    """Where to push. `connect_to` is used instead of the URL's own host and port (and then without TLS)."""

    name: str
    url: str
    stream: str = field(repr=False)
    retry_interval: float = 2.0
    retries: int = 10
    connect_to: tuple[str, int] | None = None

    def address(self) -> tuple[str, int, ssl.SSLContext | None]:
        if self.connect_to is not None:
            return *self.connect_to, None
        parts = urlsplit(self.url)
        secure = parts.scheme == "rtmps"
        context = ssl.create_default_context() if secure else None
        return parts.hostname or "", parts.port or (443 if secure else 1935), context


class Push:
    """Runs on an asyncio loop; `send` comes from that loop's thread."""

    def __init__(
        self,
        target: PushTarget,
        video: VideoConfig,
        audio: AudioConfig,
        report: Callable[[dict[str, Any]], None],
    ) -> None:
        self._target = target
        self._headers = flv.headers(video, audio)
        self._report = report
        self._rtmp: PublisherSide | None = None  # set while the server takes the stream
        self._writer: asyncio.StreamWriter | None = None
        self._origin: int | None = None
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run())

    def send(self, unit: VideoUnit | AudioUnit) -> None:
        """Send the unit, or drop it while there is no connection."""
        if self._rtmp is None or self._writer is None:
            return
        if self._origin is None:
            if not (isinstance(unit, VideoUnit) and unit.key):
                return
            self._origin = unit.dts
        if (tag := flv.write(unit, self._origin)) is not None:
            self._rtmp.tag(tag.kind, tag.timestamp, tag.body)
            self._flush(self._rtmp, self._writer)
            if self._writer.transport.get_write_buffer_size() > _CACHE_BYTES:
                self._writer.transport.abort()

    async def stop(self) -> None:
        """Say goodbye and close."""
        self._stopping = True
        if self._task is None:
            return
        if self._rtmp is not None and self._writer is not None:
            self._rtmp.finish()
            self._flush(self._rtmp, self._writer)
            self._writer.close()
        else:
            self._task.cancel()
        await asyncio.wait([self._task], timeout=2.0)

    async def _run(self) -> None:
        attempts = 0
        while not self._stopping and attempts <= self._target.retries:
            try:
                accepted, reason = await self._connection()
            except (OSError, TimeoutError, ValueError) as error:
                accepted, reason = False, type(error).__name__  # their texts may name the stream
            attempts = 1 if accepted else attempts + 1
            if self._stopping:
                return
            self._tell(connected=False, reason=reason)
            await asyncio.sleep(self._target.retry_interval)
        self._tell(connected=False, reason="retries exhausted", given_up=True)

    async def _connection(self) -> tuple[bool, str]:
        """Connect and stay until the end; whether the server took the stream, and why it ended."""
        host, port, context = self._target.address()
        parts = urlsplit(self._target.url)
        rtmp = PublisherSide(self._target.url.rstrip("/"), parts.path.strip("/"), self._target.stream)
        async with asyncio.timeout(_TIMEOUT):
            reader, writer = await asyncio.open_connection(host, port, ssl=context)
        try:
            self._flush(rtmp, writer)
            while data := await asyncio.wait_for(reader.read(65536), None if self._rtmp else _TIMEOUT):
                for event in rtmp.receive(data):
                    match event:
                        case Refused(code):
                            return False, code
                        case Accepted():
                            self._begin(rtmp, writer)
                self._flush(rtmp, writer)
            return self._rtmp is not None, "connection closed"
        except ConnectionError as error:
            return self._rtmp is not None, type(error).__name__
        finally:
            self._rtmp = self._writer = self._origin = None
            writer.close()

    def _begin(self, rtmp: PublisherSide, writer: asyncio.StreamWriter) -> None:
        for tag in self._headers:
            rtmp.tag(tag.kind, tag.timestamp, tag.body)
        self._rtmp, self._writer = rtmp, writer
        self._tell(connected=True)

    def _flush(self, rtmp: PublisherSide, writer: asyncio.StreamWriter) -> None:
        if rtmp.outgoing and not writer.is_closing():
            writer.write(bytes(rtmp.outgoing))
            rtmp.outgoing.clear()

    def _tell(self, **report: Any) -> None:
        self._report({"event": "output", "output": self._target.name, **report})
