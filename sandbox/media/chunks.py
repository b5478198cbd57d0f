"""RTMP's chunk layer (Adobe RTMP 1.0, section 5.3 and 5.4): bytes in, messages out, and back.

Rules:
- no socket and no clock: `ChunkReader.feed` takes whatever arrived, `ChunkWriter.write` returns bytes;
- chunks of several chunk streams may be interleaved; each stream assembles its own message;
- Set Chunk Size and Abort belong to this layer: they take effect between chunks and are not handed on;
- timestamps are milliseconds modulo 2**32. A header's 24 bits full of ones announce 4 more bytes, which
  senders repeat on type 3 chunks or not: those 4 bytes are skipped exactly when they repeat the value;
- a type 3 chunk that begins a message repeats the last header, so its delta is added again (after a
  type 0 header there is no delta: the timestamp stays).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

SET_CHUNK_SIZE = 1
ABORT = 2
ACKNOWLEDGEMENT = 3
USER_CONTROL = 4
WINDOW_ACKNOWLEDGEMENT_SIZE = 5
SET_PEER_BANDWIDTH = 6
AUDIO = 8
VIDEO = 9
DATA_AMF3 = 15
COMMAND_AMF3 = 17
DATA_AMF0 = 18
COMMAND_AMF0 = 20
AGGREGATE = 22

MAX_MESSAGE = 8 << 20
_EXTENDED = 0xFFFFFF
_HEADER_BYTES = (11, 7, 3, 0)


class ProtocolError(ValueError):
    """The peer does not speak RTMP as this side understands it."""


@dataclass(frozen=True, slots=True)
class Message:
    """`kind` is the message type id, `timestamp` in milliseconds, `stream` the message stream id."""

    kind: int
    timestamp: int
    stream: int
    body: bytes


@dataclass(slots=True)
class _ChunkStream:
    kind: int = 0
    length: int = 0
    stream: int = 0
    timestamp: int = 0
    delta: int = 0
    extended: bytes | None = None  # the 4 bytes as sent, None when the 24 bits sufficed
    body: bytearray = field(default_factory=bytearray)
    started: bool = False


class ChunkReader:
    """Assembles messages. `chunk_size` is the peer's, 128 until it says otherwise."""

    def __init__(self) -> None:
        self.chunk_size = 128
        self._buffer = bytearray()
        self._streams: dict[int, _ChunkStream] = {}

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that `data` completes. Raises ProtocolError."""
        self._buffer += data
        at = 0
        try:
            while True:
                message, end = self._chunk(at)
                if end == at:
                    return
                at = end
                if message is not None and not self._own(message):
                    yield message
        finally:
            del self._buffer[:at]

    def _chunk(self, at: int) -> tuple[Message | None, int]:
        """Read one whole chunk at `at`; the same position back if it has not arrived in full."""
        buffer, start = self._buffer, at
        if at >= len(buffer) or len(buffer) < at + 1 + _extra_id_bytes(buffer[at]):
            return None, start
        form, chunk_stream, at = _basic_header(buffer, at)
        size = _HEADER_BYTES[form]
        if len(buffer) < at + size:
            return None, start
        header, at = bytes(buffer[at : at + size]), at + size

        state = self._streams.get(chunk_stream)
        if state is None:
            if form > 1:
                raise ProtocolError("a chunk stream begins without a message header")
            state = _ChunkStream()
        fresh = not state.started
        extended, stamp = state.extended, state.delta
        if form < 3:
            stamp, extended = int.from_bytes(header[:3], "big"), None
            if stamp == _EXTENDED:
                if len(buffer) < at + 4:
                    return None, start
                extended, at = bytes(buffer[at : at + 4]), at + 4
                stamp = int.from_bytes(extended, "big")
        elif extended is not None:
            if len(buffer) < at + 4:
                return None, start
            if buffer[at : at + 4] == extended:
                at += 4
        length = int.from_bytes(header[3:6], "big") if form < 2 else state.length
        if length > MAX_MESSAGE:
            raise ProtocolError("message too large")
        if form < 3:
            fresh = True
        take = min(self.chunk_size, length - (0 if fresh else len(state.body)))
        if len(buffer) < at + take:
            return None, start

        self._streams[chunk_stream] = state
        if fresh:
            state.body.clear()
            state.extended, state.length = extended, length
            if form < 2:
                state.kind = header[6]
            if form == 0:
                state.stream = int.from_bytes(header[7:11], "little")
                state.timestamp, state.delta = stamp, 0
            else:
                state.delta = stamp
                state.timestamp = (state.timestamp + stamp) & 0xFFFFFFFF
        state.body += buffer[at : at + take]
        at += take
        state.started = len(state.body) < length
        if state.started:
            return None, at
        message = Message(state.kind, state.timestamp, state.stream, bytes(state.body))
        state.body.clear()
        return message, at

    def _own(self, message: Message) -> bool:
        value = int.from_bytes(message.body[:4], "big")
        if message.kind == SET_CHUNK_SIZE:
            if not 1 <= value <= 0x7FFFFFFF:
                raise ProtocolError("chunk size out of range")
            self.chunk_size = value
        elif message.kind == ABORT:
            if (state := self._streams.get(value)) is not None:
                state.body.clear()
                state.started = False
        else:
            return False
        return True


class ChunkWriter:
    """Cuts messages into chunks: a type 0 header, then type 3. `chunk_size` is this side's."""

    def __init__(self) -> None:
        self.chunk_size = 128

    def write(self, chunk_stream: int, message: Message) -> bytes:
        """`chunk_stream` is 2 to 63 (2 carries the protocol's own messages)."""
        timestamp = message.timestamp & 0xFFFFFFFF
        extended = timestamp.to_bytes(4, "big") if timestamp >= _EXTENDED else b""
        header = b"".join(
            (
                min(timestamp, _EXTENDED).to_bytes(3, "big"),
                len(message.body).to_bytes(3, "big"),
                bytes([message.kind]),
                message.stream.to_bytes(4, "little"),
            )
        )
        parts = [bytes([chunk_stream]), header, extended, message.body[: self.chunk_size]]
        for at in range(self.chunk_size, len(message.body), self.chunk_size):
            parts += [bytes([0xC0 | chunk_stream]), extended, message.body[at : at + self.chunk_size]]
        return b"".join(parts)


def _extra_id_bytes(first: int) -> int:
    return {0: 1, 1: 2}.get(first & 0x3F, 0)


def _basic_header(buffer: bytearray, at: int) -> tuple[int, int, int]:
    """Form, chunk stream id, position behind."""
    form, number = buffer[at] >> 6, buffer[at] & 0x3F
    if number == 0:
        return form, buffer[at + 1] + 64, at + 2
    if number == 1:
        return form, int.from_bytes(buffer[at + 1 : at + 3], "little") + 64, at + 3
    return form, number, at + 1
