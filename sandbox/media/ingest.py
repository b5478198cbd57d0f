"""RTMP ingest on an asyncio loop: who may publish, one publisher a place, and where the tags go.

A place is what can have one publisher: an input of a channel, a channel of IVS. `Door.admit` turns what the
publisher asked for into a place, or raises `Unwelcome`; it is then told of everything by a `Sink`.
A second publisher of a place is refused, unless the first has been silent for `TAKEOVER` seconds: an encoder
whose network died comes back before its old connection is known to be dead.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Protocol

from sandbox.media.rtmp import Finished, Publish, ServerSide, Tag

TAKEOVER = 5.0
SILENCE = 15.0  # seconds without a byte, after which a connection is closed
HANDSHAKE = 5.0  # seconds until somebody must be publishing
_LINGER = 0.1  # a refused peer reads its answer before we close


class Unwelcome(Exception):
    """Wrong application or stream name."""


class Sink(Protocol):
    """Takes one publisher's stream."""

    def tag(self, tag: Tag) -> None: ...

    def close(self, reason: str) -> None: ...


class Door(Protocol):
    """Decides who may publish where."""

    def admit(self, publish: Publish) -> str:
        """The place's name; raises Unwelcome."""
        ...

    def open(self, place: str) -> Sink: ...


class Ingest:
    """RTMP servers that share one door. Use it from the loop's own thread only."""

    def __init__(self, loop: asyncio.AbstractEventLoop, door: Door) -> None:
        self.loop = loop
        self.door = door
        self.publishers: dict[str, _Connection] = {}
        self._connections: set[_Connection] = set()
        self._servers: list[asyncio.Server] = []

    async def listen(self, listener: socket.socket, tls: ssl.SSLContext | None = None) -> None:
        """Serve on a bound socket."""
        server = await self.loop.create_server(lambda: _Connection(self), sock=listener, ssl=tls)
        self._servers.append(server)

    def disconnect(self, place: str) -> None:
        """End the stream at `place`, if there is one."""
        if (connection := self.publishers.get(place)) is not None:
            connection.end("disconnected")

    def close(self) -> None:
        for server in self._servers:
            server.close()
        for connection in list(self._connections):
            connection.end("server closed")

    def connected(self, connection: "_Connection") -> None:
        self._connections.add(connection)

    def gone(self, connection: "_Connection") -> None:
        self._connections.discard(connection)


class _Connection(asyncio.Protocol):
    def __init__(self, ingest: Ingest) -> None:
        self._ingest = ingest
        self._loop = ingest.loop
        self._rtmp = ServerSide()
        self._transport: asyncio.Transport | None = None
        self._sink: Sink | None = None
        self._place = ""
        self._refused = False
        self._heard = self._loop.time()
        self._watch: asyncio.TimerHandle | None = None

    # -- asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ingest.connected(self)
        self._later(HANDSHAKE, self._still_unpublished)

    def data_received(self, data: bytes) -> None:
        self._heard = self._loop.time()
        if self._refused or self._transport is None:
            return
        try:
            for event in self._rtmp.receive(data):
                self._handle(event)
                if self._refused or self._transport is None:
                    break
        except ValueError as error:  # ProtocolError, AmfError
            self.end(f"protocol error: {error}")
            return
        self._flush()

    def connection_lost(self, error: Exception | None) -> None:
        self._release("connection closed" if error is None else type(error).__name__)
        self._transport = None
        if self._watch is not None:
            self._watch.cancel()
        self._ingest.gone(self)

    # -- what happens to the stream

    def end(self, reason: str) -> None:
        """Close the connection; the sink hears of it at once."""
        self._release(reason)
        if self._transport is not None:
            self._flush()
            self._transport.close()
            self._transport = None

    @property
    def idle(self) -> float:
        """Seconds since the last byte."""
        return self._loop.time() - self._heard

    def _handle(self, event: Publish | Tag | Finished) -> None:
        match event:
            case Publish():
                self._publish(event)
            case Tag():
                if self._sink is not None:
                    self._sink.tag(event)
            case Finished():
                self.end("finished")

    def _publish(self, publish: Publish) -> None:
        try:
            place = self._ingest.door.admit(publish)
            self._displace(self._ingest.publishers.get(place))
        except Unwelcome:
            self._refused = True
            self._rtmp.refuse()
            self._flush()
            self._later(_LINGER, lambda: self.end("refused"))
            return
        self._place = place
        self._ingest.publishers[place] = self
        self._rtmp.accept()
        self._sink = self._ingest.door.open(place)
        self._later(SILENCE, self._still_silent)

    def _displace(self, other: "_Connection | None") -> None:
        if other is None:
            return
        if other.idle < TAKEOVER:
            raise Unwelcome
        other.end("taken over")

    def _release(self, reason: str) -> None:
        if self._sink is not None:
            sink, self._sink = self._sink, None
            del self._ingest.publishers[self._place]
            sink.close(reason)

    def _flush(self) -> None:
        if self._transport is not None and self._rtmp.outgoing:
            self._transport.write(bytes(self._rtmp.outgoing))
            self._rtmp.outgoing.clear()

    # -- deadlines

    def _later(self, delay: float, callback: Callable[[], None]) -> None:
        if self._watch is not None:
            self._watch.cancel()
        self._watch = self._loop.call_later(delay, callback)

    def _still_unpublished(self) -> None:
        self.end("no publish in time")

    def _still_silent(self) -> None:
        if (left := SILENCE - self.idle) > 0:
            self._later(left, self._still_silent)
        else:
            self.end("silent")
