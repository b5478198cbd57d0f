import struct
from random import Random
from typing import Any

import pytest

from sandbox.media import amf
from sandbox.media.chunks import (
    AGGREGATE,
    AUDIO,
    COMMAND_AMF0,
    COMMAND_AMF3,
    DATA_AMF0,
    DATA_AMF3,
    USER_CONTROL,
    VIDEO,
    WINDOW_ACKNOWLEDGEMENT_SIZE,
    ChunkReader,
    ChunkWriter,
    Message,
    ProtocolError,
)
from sandbox.media.rtmp import Accepted, Finished, Publish, PublisherSide, Refused, ServerSide, Tag

SHAKE = b"\x03" + bytes(1536) + bytes(1536)


class RawClient:
    """Writes messages by hand, and reads what the server says."""

    def __init__(self) -> None:
        self.server = ServerSide()
        self._reader, self._writer = ChunkReader(), ChunkWriter()
        assert not list(self.server.receive(SHAKE))
        assert bytes(self.server.outgoing[:1]) == b"\x03"
        del self.server.outgoing[: 1 + 2 * 1536]

    def send(self, kind: int, body: bytes, timestamp: int = 0) -> list[Publish | Tag | Finished]:
        return list(self.server.receive(self._writer.write(3, Message(kind, timestamp, 1, body))))

    def command(self, *values: Any, amf3: bool = False) -> list[Publish | Tag | Finished]:
        body = amf.encode(*values)
        return self.send(COMMAND_AMF3, b"\x00" + body) if amf3 else self.send(COMMAND_AMF0, body)

    def heard(self) -> list[Message]:
        data = bytes(self.server.outgoing)
        self.server.outgoing.clear()
        return list(self._reader.feed(data))

    def answers(self) -> list[list[Any]]:
        return [amf.decode(message.body) for message in self.heard() if message.kind == COMMAND_AMF0]

    def publish(self) -> None:
        self.command("connect", 1, {"app": "live", "tcUrl": "rtmp://host/live"})
        assert self.command("publish", 5, None, "name", "live")
        self.server.accept()
        self.heard()


def exchange(publisher: PublisherSide, server: ServerSide) -> list[Any]:
    """Carry bytes to and fro until both are silent; all events in their order."""
    events: list[Any] = []
    while publisher.outgoing or server.outgoing:
        sent, publisher.outgoing[:] = bytes(publisher.outgoing), b""
        for event in server.receive(sent):
            events.append(event)
            if isinstance(event, Publish):
                server.accept() if event.stream == "right" else server.refuse()
        sent, server.outgoing[:] = bytes(server.outgoing), b""
        events += publisher.receive(sent)
    return events


@pytest.mark.parametrize("amf3", [False, True], ids=["AMF0", "AMF3"])
def test_a_raw_client_publishes(amf3: bool) -> None:
    client = RawClient()

    client.command("connect", 1, {"app": "live/", "tcUrl": "rtmp://host/live", "objectEncoding": 3}, amf3=amf3)
    result = client.answers()[0]
    assert (result[:2], result[3]["code"]) == (["_result", 1.0], "NetConnection.Connect.Success")
    client.command("releaseStream", 2, None, "name", amf3=amf3)
    client.command("createStream", 4, None, amf3=amf3)
    assert client.answers() == [["_result", 2.0, None, None], ["_result", 4.0, None, 1.0]]
    assert client.command("publish", 5, None, "name", "live", amf3=amf3) == [
        Publish("rtmp://host/live", "live", "name")
    ]
    client.server.accept()
    assert client.answers()[-1][3]["code"] == "NetStream.Publish.Start"
    assert client.send(VIDEO, b"picture", 40) == [Tag(VIDEO, 40, b"picture")]
    assert client.command("deleteStream", 6, None, 1, amf3=amf3) == [Finished()]


def test_both_sides_understand_each_other() -> None:
    publisher, server = PublisherSide("rtmps://host:443/app", "app", "right"), ServerSide()

    events = exchange(publisher, server)
    publisher.tag(AUDIO, 0xFFFFFF + 7, b"s" * 10_000)
    publisher.finish()
    events += exchange(publisher, server)

    assert events == [
        Publish("rtmps://host:443/app", "app", "right"),
        Accepted(),
        Tag(AUDIO, 0xFFFFFF + 7, b"s" * 10_000),
        Finished(),
    ]


def test_a_wrong_name_is_refused_without_an_echo() -> None:
    publisher, server = PublisherSide("rtmp://host/app", "app", "wrong-secret"), ServerSide()

    events = exchange(publisher, server)

    assert events[1:] == [Refused("NetStream.Publish.BadName")]
    assert "wrong-secret" not in repr(events)


def test_nothing_is_taken_before_it_was_accepted() -> None:
    client = RawClient()

    assert client.send(VIDEO, b"early") == []
    assert client.command("publish", 5, None, "name", "live")
    assert client.send(VIDEO, b"unanswered") == []


def test_script_data_loses_its_wrapping() -> None:
    client, script = RawClient(), amf.encode("onMetaData", {"width": 640})
    client.publish()

    wrapped = amf.encode("@setDataFrame") + script
    assert client.send(DATA_AMF0, wrapped) == [Tag(DATA_AMF0, 0, script)]
    assert client.send(DATA_AMF3, b"\x00" + wrapped) == [Tag(DATA_AMF0, 0, script)]


def test_aggregates_are_taken_apart() -> None:
    def flv(kind: int, time: int, body: bytes) -> bytes:
        head = bytes([kind]) + len(body).to_bytes(3, "big") + (time & 0xFFFFFF).to_bytes(3, "big")
        return head + bytes([time >> 24]) + b"\x00\x00\x00" + body + bytes(4)

    client = RawClient()
    client.publish()
    body = flv(VIDEO, 0x1000000, b"v") + flv(AUDIO, 0x1000017, b"a")

    assert client.send(AGGREGATE, body, 500) == [Tag(VIDEO, 500, b"v"), Tag(AUDIO, 523, b"a")]


def test_pings_are_answered_and_bytes_acknowledged() -> None:
    client = RawClient()

    client.send(USER_CONTROL, b"\x00\x06abcd")
    assert [(m.kind, m.body) for m in client.heard()] == [(USER_CONTROL, b"\x00\x07abcd")]
    client.send(WINDOW_ACKNOWLEDGEMENT_SIZE, struct.pack(">I", 1))
    assert [m.kind for m in client.heard()] == [3]


def test_what_is_not_rtmp_is_refused() -> None:
    with pytest.raises(ProtocolError):
        list(ServerSide().receive(b"GET / HTTP/1.1\r\n"))
    with pytest.raises(ValueError):
        RawClient().send(COMMAND_AMF0, b"\xff")
    with pytest.raises(ProtocolError):
        RawClient().command(None)


def test_a_second_publish_on_a_connection_is_refused() -> None:
    client = RawClient()
    client.publish()

    with pytest.raises(ProtocolError):
        client.command("publish", 6, None, "name", "live")


def test_damaged_bytes_raise_nothing_but_what_is_said() -> None:
    writer, random = ChunkWriter(), Random(7)
    commands = [("connect", 1, {"app": "a"}), ("createStream", 4, None), ("publish", 5, None, "name", "live")]
    messages = [Message(COMMAND_AMF0, 0, 1, amf.encode(*command)) for command in commands]
    messages += [Message(VIDEO, 0, 1, bytes(300)), Message(AGGREGATE, 0, 1, bytes(100))]
    whole = b"".join(writer.write(3, message) for message in messages)
    refused = 0
    for _ in range(2_000):
        damaged = bytearray(whole)
        for _ in range(random.randint(1, 6)):
            damaged[random.randrange(len(damaged))] = random.randrange(256)
        client = RawClient()
        try:
            for event in client.server.receive(bytes(damaged)):
                if isinstance(event, Publish):
                    client.server.accept()
        except ValueError:
            refused += 1

    assert 0 < refused < 2_000
