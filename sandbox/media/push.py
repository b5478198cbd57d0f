"""An RTMP output: the encoded stream pushed to a server, again and again if need be.

As MediaLive's RTMP settings say (botocore's model):
- after a lost or refused connection wait ConnectionRetryInterval, at most NumRetries times in a row; a connection that
  the server accepts counts anew. When the retries end the output stops for good ('given_up');
- what the server does not take is kept for CacheLength. When that is full: DISCONNECT_IMMEDIATELY drops the
  connection and comes back after RestartDelay (0: never); WAIT_FOR_SERVER takes nothing more until the server does,
  and after five minutes drops it likewise.
A connection begins with a key picture. rtmps is TLS; CertificateMode SELF_SIGNED takes any certificate.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from sandbox.media import flv
from sandbox.media.alerts import NO_OUTPUT, Alerts
from sandbox.media.bitstream import CLOCK, AudioConfig, AudioUnit, VideoConfig, VideoUnit
from sandbox.media.rtmp import Accepted, PublisherSide, Refused

_TIMEOUT = 10.0
_PATIENCE = 300.0  # seconds that WAIT_FOR_SERVER waits


@dataclass(frozen=True)
class PushTarget:
    """Where to push. `connect_to` is used instead of the URL's own host and port (and then without TLS).

    `retry_interval`, `cache` and `restart_delay` in seconds.
    """

    name: str
    url: str
    stream: str = field(repr=False)
    retry_interval: float = 2.0
    retries: int = 10
    cache: float = 30.0
    wait_for_server: bool = False
    restart_delay: float = 15.0
    verify: bool = True
    connect_to: tuple[str, int] | None = None

    def address(self) -> tuple[str, int, ssl.SSLContext | None]:
        if self.connect_to is not None:
            return *self.connect_to, None
        parts = urlsplit(self.url)
        secure = parts.scheme == "rtmps"
        return parts.hostname or "", parts.port or (443 if secure else 1935), self._tls() if secure else None

    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


class Cache:
    """How many seconds of the stream the server has not taken yet."""

    def __init__(self) -> None:
        self._written = 0
        self._marks: deque[tuple[int, int]] = deque()  # bytes written before, and the time of, what is not taken

    def wrote(self, size: int, time: int) -> None:
        self._marks.append((self._written, time))
        self._written += size

    def seconds(self, waiting: int, now: int) -> float:
        """With `waiting` bytes not taken at the time `now` (90 kHz)."""
        taken = self._written - waiting
        while len(self._marks) > 1 and self._marks[1][0] <= taken:
            self._marks.popleft()
        return (now - self._marks[0][1]) / CLOCK if waiting and self._marks else 0.0


@dataclass
class _Connection:
    """A server that takes the stream, from `origin` (90 kHz) on; `full_since` is when the cache was full."""

    rtmp: PublisherSide
    writer: asyncio.StreamWriter
    cache: Cache = field(default_factory=Cache)
    origin: int | None = None
    full_since: int | None = None
    overflowed: bool = False

    def flush(self) -> int:
        """Hand on what is to be sent; how many bytes that were."""
        size = len(self.rtmp.outgoing)
        if size and not self.writer.is_closing():
            self.writer.write(bytes(self.rtmp.outgoing))
            self.rtmp.outgoing.clear()
        return size


class Push:
    """Runs on an asyncio loop; `send` comes from that loop's thread."""

    def __init__(
        self,
        target: PushTarget,
        video: VideoConfig,
        audio: AudioConfig,
        report: Callable[[dict[str, Any]], None],
        alerts: Alerts,
    ) -> None:
        self._target = target
        self._headers = flv.headers(video, audio)
        self._report = report
        self._alerts = alerts
        self._connection: _Connection | None = None  # set while the server takes the stream
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run())

    def send(self, unit: VideoUnit | AudioUnit) -> None:
        """Send the unit, or drop it while there is no connection."""
        connection = self._connection
        if connection is None or connection.writer.is_closing() or not self._has_room(connection, unit):
            return
        if connection.origin is None:
            if not (isinstance(unit, VideoUnit) and unit.key):
                return
            connection.origin = unit.dts
        if (tag := flv.write(unit, connection.origin)) is not None:
            connection.rtmp.tag(tag.kind, tag.timestamp, tag.body)
            connection.cache.wrote(connection.flush(), unit.pts)

    async def stop(self) -> None:
        """Say goodbye and close."""
        self._stopping = True
        if self._task is None:
            return
        if (connection := self._connection) is not None:
            connection.rtmp.finish()
            connection.flush()
            connection.writer.close()
        else:
            self._task.cancel()
        await asyncio.wait([self._task], timeout=2.0)

    def _has_room(self, connection: _Connection, unit: VideoUnit | AudioUnit) -> bool:
        """Whether the cache takes the unit; a connection whose cache stays full is dropped."""
        waiting = connection.writer.transport.get_write_buffer_size()
        if connection.cache.seconds(waiting, unit.pts) <= self._target.cache:
            if connection.full_since is not None:  # after a gap a decoder needs a key picture
                if not (isinstance(unit, VideoUnit) and unit.key):
                    return False
                connection.full_since = None
            return True
        if connection.full_since is None:
            connection.full_since = unit.pts
        waited = (unit.pts - connection.full_since) / CLOCK
        if not self._target.wait_for_server or waited >= _PATIENCE:
            connection.overflowed = True
            connection.writer.transport.abort()
        return False

    async def _run(self) -> None:
        attempts = 0
        while not self._stopping:
            try:
                accepted, overflowed, reason = await self._converse()
            except (OSError, TimeoutError, ValueError) as error:
                accepted, overflowed, reason = False, False, type(error).__name__  # their texts may name the stream
            if self._stopping:
                return
            attempts = 1 if accepted else attempts + 1
            given_up = attempts > self._target.retries or (overflowed and self._target.restart_delay == 0)
            self._lost(reason, given_up)
            if given_up:
                return
            await asyncio.sleep(self._target.restart_delay if overflowed else self._target.retry_interval)

    async def _converse(self) -> tuple[bool, bool, str]:
        """Connect and stay until the end.

        Whether the server took the stream, whether it then took too little of it, and why it ended.
        """
        host, port, context = self._target.address()
        parts = urlsplit(self._target.url)
        rtmp = PublisherSide(self._target.url.rstrip("/"), parts.path.strip("/"), self._target.stream)
        async with asyncio.timeout(_TIMEOUT):
            reader, writer = await asyncio.open_connection(host, port, ssl=context)
        connection = _Connection(rtmp, writer)
        reason = "connection closed"
        try:
            connection.flush()
            while data := await asyncio.wait_for(reader.read(65536), None if self._connection else _TIMEOUT):
                for event in rtmp.receive(data):
                    match event:
                        case Refused(code):
                            return False, False, code
                        case Accepted():
                            self._begin(connection)
                connection.flush()
        except ConnectionError as error:
            reason = type(error).__name__
        finally:
            accepted = self._connection is not None
            self._connection = None
            writer.close()
        return accepted, connection.overflowed, "cache full" if connection.overflowed else reason

    def _begin(self, connection: _Connection) -> None:
        for tag in self._headers:
            connection.rtmp.tag(tag.kind, tag.timestamp, tag.body)
        self._connection = connection
        self._alerts.clear(self._alert)
        self._report({"event": "output", "output": self._target.name, "connected": True, "given_up": False})

    def _lost(self, reason: str, given_up: bool) -> None:
        host = urlsplit(self._target.url).hostname
        self._alerts.set(self._alert, NO_OUTPUT, f"RTMP output {self._target.name} to {host}: {reason}")
        report = {"event": "output", "output": self._target.name, "connected": False, "given_up": given_up}
        self._report({**report, "reason": reason})

    @property
    def _alert(self) -> str:
        return f"{self._target.name}:connection"
