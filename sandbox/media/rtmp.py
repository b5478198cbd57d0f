"""An RTMP publishing conversation, both sides, without a socket (Adobe RTMP 1.0, sections 5.2, 7.1, 7.2).

Rules:
- bytes in, events out; what is to be sent waits in `outgoing` until the owner takes it;
- the handshake is the simple one (version 3, S2 = C1), which every encoder accepts;
- `ServerSide` only takes publishers. `Publish` is a question: answer with `accept` or `refuse` before asking
  for the next event, and say nothing of *why* that would help to guess a stream name;
- commands come as AMF0 or behind the one zero byte of an AMF3 command; both are AMF0 inside;
- `Tag` carries FLV tag bodies as they are, aggregates taken apart, script data without its @setDataFrame.
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.media import amf
from sandbox.media.chunks import (
    ACKNOWLEDGEMENT,
    AGGREGATE,
    AUDIO,
    COMMAND_AMF0,
    COMMAND_AMF3,
    DATA_AMF0,
    DATA_AMF3,
    SET_CHUNK_SIZE,
    SET_PEER_BANDWIDTH,
    USER_CONTROL,
    VIDEO,
    WINDOW_ACKNOWLEDGEMENT_SIZE,
    ChunkReader,
    ChunkWriter,
    Message,
    ProtocolError,
)

_VERSION = b"\x03"
_BLOCK = 1536
_WINDOW = 2_500_000
_CHUNK_SIZE = 4096
_SET_DATA_FRAME = amf.encode("@setDataFrame")
_STREAM_BEGIN, _PING, _PONG = b"\x00\x00", b"\x00\x06", b"\x00\x07"
_PUBLISHING_STREAM = 1
# Chunk streams, as encoders and servers choose them by custom.
_CONTROL, _COMMANDS, _MEDIA = 2, 3, 4


@dataclass(frozen=True, slots=True)
class Publish:
    """Somebody asks to publish. `stream` is a secret: it is not shown by repr."""

    tc_url: str
    app: str
    stream: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Tag:
    """One FLV tag: `kind` 8 audio, 9 video, 18 script data; `timestamp` in ms modulo 2**32."""

    kind: int
    timestamp: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Finished:
    """The publisher said that it is done."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server takes the stream."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The server does not take the stream; `code` as it said, e.g. NetStream.Publish.BadName."""

    code: str


class _Conversation:
    """What both sides share: handshake blocks, chunks, acknowledgements and pings."""

    def __init__(self) -> None:
        self.outgoing = bytearray()
        self._handshake = bytearray()
        self._shaken = False
        self._reader = ChunkReader()
        self._writer = ChunkWriter()
        self._received = self._acknowledged = 0
        self._window = _WINDOW

    def _messages(self, data: bytes) -> Iterator[Message]:
        self._received += len(data)
        if not self._shaken:
            self._handshake += data
            if not (rest := self._shake()):
                return
            data = rest
        for message in self._reader.feed(data):
            if message.kind == WINDOW_ACKNOWLEDGEMENT_SIZE:
                self._window = max(1, int.from_bytes(message.body[:4], "big"))
            elif message.kind == USER_CONTROL and message.body[:2] == _PING:
                self._send(_CONTROL, USER_CONTROL, _PONG + message.body[2:6])
            else:
                yield message
        if self._received - self._acknowledged >= self._window:
            self._acknowledged = self._received
            self._send(_CONTROL, ACKNOWLEDGEMENT, struct.pack(">I", self._received & 0xFFFFFFFF))

    def _shake(self) -> bytes:
        raise NotImplementedError

    def _commands(self, message: Message) -> list[Any] | None:
        """The command's values, or None when it is another kind of message."""
        if message.kind == COMMAND_AMF3:
            values = amf.decode(message.body[1:])
        elif message.kind == COMMAND_AMF0:
            values = amf.decode(message.body)
        else:
            return None
        if not values or not isinstance(values[0], str):
            raise ProtocolError("a command without a name")
        return values

    def _send(self, chunk_stream: int, kind: int, body: bytes, stream: int = 0, timestamp: int = 0) -> None:
        self.outgoing += self._writer.write(chunk_stream, Message(kind, timestamp, stream, body))

    def _say(self, *values: Any, stream: int = 0) -> None:
        self._send(_COMMANDS, COMMAND_AMF0, amf.encode(*values), stream)

    def _set_chunk_size(self) -> None:
        self._send(_CONTROL, SET_CHUNK_SIZE, struct.pack(">I", _CHUNK_SIZE))
        self._writer.chunk_size = _CHUNK_SIZE


class ServerSide(_Conversation):
    """The side that takes a publisher's stream."""

    def __init__(self) -> None:
        super().__init__()
        self._greeted = False
        self._tc_url = self._app = ""
        self._asked: int | None = None  # the message stream on which a publish waits for its answer
        self._publishing = False

    def receive(self, data: bytes) -> Iterator[Publish | Tag | Finished]:
        """Events in `data`. Raises ProtocolError or amf.AmfError (both ValueError)."""
        for message in self._messages(data):
            if (command := self._commands(message)) is not None:
                yield from self._command(command, message.stream)
            elif self._publishing:
                yield from _tags(message)

    def accept(self) -> None:
        stream, self._asked = self._take_question(), None
        self._publishing = True
        self._send(_CONTROL, USER_CONTROL, _STREAM_BEGIN + struct.pack(">I", stream))
        self._status("status", "NetStream.Publish.Start", "publishing", stream)

    def refuse(self) -> None:
        stream, self._asked = self._take_question(), None
        self._status("error", "NetStream.Publish.BadName", "unknown stream", stream)

    def _take_question(self) -> int:
        if self._asked is None:
            raise RuntimeError("nobody asked to publish")
        return self._asked

    def _shake(self) -> bytes:
        if self._handshake[:1] not in (b"", _VERSION):
            raise ProtocolError("not RTMP version 3")
        if not self._greeted and len(self._handshake) >= 1 + _BLOCK:
            self._greeted = True
            c1 = self._handshake[1 : 1 + _BLOCK]
            self.outgoing += _VERSION + bytes(8) + os.urandom(_BLOCK - 8) + c1
        if len(self._handshake) < 1 + 2 * _BLOCK:
            return b""
        self._shaken = True
        return bytes(self._handshake[1 + 2 * _BLOCK :])

    def _command(self, values: list[Any], stream: int) -> Iterator[Publish | Finished]:
        name, asked, *arguments = [*values, 0] if len(values) == 1 else values
        transaction = asked if isinstance(asked, float) else 0.0
        match name:
            case "connect":
                self._connect(transaction, arguments[0] if arguments else None)
            case "createStream":
                self._say("_result", transaction, None, _PUBLISHING_STREAM)
            case "releaseStream" | "FCPublish" | "_checkbw":
                if transaction:
                    self._say("_result", transaction, None, None)
            case "publish":
                if self._publishing:
                    raise ProtocolError("a second publish on one connection")
                self._asked = stream or _PUBLISHING_STREAM
                asked_name = arguments[1] if len(arguments) > 1 else None
                yield Publish(self._tc_url, self._app, asked_name if isinstance(asked_name, str) else "")
            case "play":
                self._status("error", "NetStream.Play.StreamNotFound", "publishing only", stream)
                yield Finished()
            case "deleteStream" | "closeStream":
                yield Finished()

    def _connect(self, transaction: float, argument: object) -> None:
        options = argument if isinstance(argument, dict) else {}
        encoding = options.get("objectEncoding")
        self._app = str(options.get("app", "")).strip("/")
        self._tc_url = str(options.get("tcUrl", ""))
        self._send(_CONTROL, WINDOW_ACKNOWLEDGEMENT_SIZE, struct.pack(">I", _WINDOW))
        self._send(_CONTROL, SET_PEER_BANDWIDTH, struct.pack(">IB", _WINDOW, 2))
        self._set_chunk_size()
        self._say(
            "_result",
            transaction,
            {"fmsVer": "FMS/3,0,1,123", "capabilities": 31},
            {
                "level": "status",
                "code": "NetConnection.Connect.Success",
                "description": "connected",
                "objectEncoding": encoding if isinstance(encoding, float) else 0,
            },
        )

    def _status(self, level: str, code: str, description: str, stream: int) -> None:
        status = {"level": level, "code": code, "description": description}
        self._say("onStatus", 0, None, status, stream=stream or _PUBLISHING_STREAM)


class PublisherSide(_Conversation):
    """The side that publishes: greets at once, then asks for `stream`; tags may be sent once accepted."""

    def __init__(self, tc_url: str, app: str, stream: str) -> None:
        super().__init__()
        self._tc_url, self._app, self._stream = tc_url, app, stream
        self._c1 = bytes(8) + os.urandom(_BLOCK - 8)
        self.outgoing += _VERSION + self._c1

    def receive(self, data: bytes) -> Iterator[Accepted | Refused]:
        """Events in `data`. Raises ProtocolError or amf.AmfError (both ValueError)."""
        for message in self._messages(data):
            command = self._commands(message)
            if command is None:
                continue
            status = command[3] if len(command) > 3 and isinstance(command[3], dict) else {}
            match command:
                case ["_result", 1.0, *_]:
                    self._say("releaseStream", 2, None, self._stream)
                    self._say("FCPublish", 3, None, self._stream)
                    self._say("createStream", 4, None)
                case ["_result", 4.0, *_]:
                    self._say("publish", 5, None, self._stream, "live", stream=_PUBLISHING_STREAM)
                case ["_error", (1.0 | 4.0), *_]:
                    yield Refused(str(status.get("code", "NetConnection.Connect.Rejected")))
                case ["onStatus", *_]:
                    code = str(status.get("code", ""))
                    if code == "NetStream.Publish.Start":
                        yield Accepted()
                    elif status.get("level") == "error":
                        yield Refused(code)

    def tag(self, kind: int, timestamp: int, body: bytes) -> None:
        self._send(_MEDIA, kind, body, _PUBLISHING_STREAM, timestamp)

    def finish(self) -> None:
        self._say("FCUnpublish", 6, None, self._stream)
        self._say("deleteStream", 7, None, _PUBLISHING_STREAM)

    def _shake(self) -> bytes:
        if self._handshake[:1] not in (b"", _VERSION):
            raise ProtocolError("not RTMP version 3")
        if len(self._handshake) < 1 + 2 * _BLOCK:
            return b""
        self._shaken = True
        self.outgoing += self._handshake[1 : 1 + _BLOCK]
        self._set_chunk_size()
        self._say("connect", 1, {"app": self._app, "type": "nonprivate", "tcUrl": self._tc_url})
        return bytes(self._handshake[1 + 2 * _BLOCK :])


def _tags(message: Message) -> Iterator[Tag]:
    kind, body = message.kind, message.body
    if kind in (AUDIO, VIDEO) and body:
        yield Tag(kind, message.timestamp, body)
    elif kind in (DATA_AMF0, DATA_AMF3):
        script = body[1:] if kind == DATA_AMF3 else body
        yield Tag(DATA_AMF0, message.timestamp, script.removeprefix(_SET_DATA_FRAME))
    elif kind == AGGREGATE:
        yield from _aggregated(message)


def _aggregated(message: Message) -> Iterator[Tag]:
    """FLV tags with their headers; their times count from the first one's, which is the message's."""
    body, at, first = message.body, 0, None
    while at + 11 <= len(body):
        size = int.from_bytes(body[at + 1 : at + 4], "big")
        stamp = int.from_bytes(body[at + 4 : at + 7], "big") | body[at + 7] << 24
        first = stamp if first is None else first
        payload = body[at + 11 : at + 11 + size]
        if body[at] in (AUDIO, VIDEO) and payload:
            yield Tag(body[at], (message.timestamp + stamp - first) & 0xFFFFFFFF, payload)
        at += 11 + size + 4
