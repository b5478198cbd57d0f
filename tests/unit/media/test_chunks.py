import pytest

from sandbox.media.chunks import (
    ABORT,
    AUDIO,
    SET_CHUNK_SIZE,
    VIDEO,
    ChunkReader,
    ChunkWriter,
    Message,
    ProtocolError,
)


def header(form: int, stream: int, *, time: int = 0, length: int = 0, kind: int = VIDEO) -> bytes:
    """A chunk header of type 0 to 3, chunk stream 3 to 63; `time` absolute or delta."""
    first = bytes([form << 6 | stream])
    if form == 3:
        return first
    extended = time.to_bytes(4, "big") if time >= 0xFFFFFF else b""
    parts = [first, min(time, 0xFFFFFF).to_bytes(3, "big")]
    if form < 2:
        parts += [length.to_bytes(3, "big"), bytes([kind])]
    if form == 0:
        parts.append((1).to_bytes(4, "little"))
    return b"".join([*parts, extended])


def read(data: bytes, reader: ChunkReader | None = None) -> list[Message]:
    return list((reader or ChunkReader()).feed(data))


@pytest.mark.parametrize("timestamp", [0, 0xFFFFFE, 0xFFFFFF, 0x1000000, 0xFFFFFFFF])
@pytest.mark.parametrize("step", [1, 7, 128, 10_000])
def test_messages_survive_any_fragmentation(timestamp: int, step: int) -> None:
    writer, reader = ChunkWriter(), ChunkReader()
    messages = [Message(VIDEO, timestamp, 1, bytes(range(256)) * 3), Message(AUDIO, timestamp, 1, b"a")]
    data = b"".join(writer.write(4, message) for message in messages)

    read_back = [m for at in range(0, len(data), step) for m in reader.feed(data[at : at + step])]

    assert read_back == messages


def test_interleaved_chunks_belong_to_their_own_messages() -> None:
    video, audio = b"v" * 200, b"a" * 150
    data = (
        header(0, 4, time=10, length=200)
        + video[:128]
        + header(0, 6, time=11, length=150, kind=AUDIO)
        + audio[:128]
        + header(3, 4)
        + video[128:]
        + header(3, 6)
        + audio[128:]
    )

    assert [(m.kind, m.timestamp, m.body) for m in read(data)] == [(VIDEO, 10, video), (AUDIO, 11, audio)]


def test_deltas_add_up_over_headers_of_all_types() -> None:
    data = (
        header(0, 4, time=1000, length=1)
        + b"0"
        + header(1, 4, time=33, length=1)
        + b"1"
        + header(2, 4, time=34)
        + b"2"
        + header(3, 4)
        + b"3"
    )

    assert [m.timestamp for m in read(data)] == [1000, 1033, 1067, 1101]


def test_timestamps_cross_24_and_32_bits() -> None:
    over_24 = header(0, 4, time=0xFFFFF0, length=1) + b"0" + header(2, 4, time=0x20) + b"1"
    over_32 = header(0, 6, time=0xFFFFFFF0, length=1) + b"2" + header(2, 6, time=0x20) + b"3"

    assert [m.timestamp for m in read(over_24 + over_32)] == [0xFFFFF0, 0x1000010, 0xFFFFFFF0, 0x10]


@pytest.mark.parametrize("repeated", [True, False], ids=["repeated", "not repeated"])
def test_extended_timestamps_on_type_3_chunks(repeated: bool) -> None:
    stamp, body = 0x01000007, b"x" * 300
    again = stamp.to_bytes(4, "big") if repeated else b""
    data = header(0, 4, time=stamp, length=300) + body[:128]
    for at in (128, 256):
        data += header(3, 4) + again + body[at : at + 128]

    assert read(data) == [Message(VIDEO, stamp, 1, body)]


def test_chunk_size_changes_between_the_chunks_of_a_message() -> None:
    body = b"z" * 1000
    set_size = header(0, 2, length=4, kind=SET_CHUNK_SIZE) + (600).to_bytes(4, "big")
    data = header(0, 4, length=1000) + body[:128] + set_size + header(3, 4) + body[128:728]
    data += header(3, 4) + body[728:]

    assert [m.body for m in read(data)] == [body]


def test_an_aborted_message_is_forgotten() -> None:
    abort = header(0, 2, length=4, kind=ABORT) + (4).to_bytes(4, "big")
    data = header(0, 4, length=200) + b"x" * 128 + abort + header(0, 4, length=2) + b"ok"

    assert [m.body for m in read(data)] == [b"ok"]


def test_chunk_stream_ids_of_two_and_three_bytes() -> None:
    two = b"\x00\x24" + header(0, 3, length=1)[1:] + b"2"
    three = b"\x01\x24\x01" + header(0, 3, length=1)[1:] + b"3"

    assert [m.body for m in read(two + three)] == [b"2", b"3"]


@pytest.mark.parametrize(
    "data",
    [
        header(3, 4) + b"x",
        header(0, 4, length=0xFFFFFF),
        header(0, 2, length=4, kind=SET_CHUNK_SIZE) + bytes(4),
    ],
    ids=["no header before", "too large", "chunk size 0"],
)
def test_what_makes_no_sense_is_refused(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        read(data)
