"""AMF0, the encoding of RTMP commands (Adobe, Action Message Format -- AMF 0, 2007).

Python's None, bool, float, str, list and dict stand for AMF's types; references, dates' time zones and
the switch to AMF3 values are left out, which no encoder sends in a publishing command.
"""

import struct
from collections.abc import Mapping
from typing import Any

MAX_DEPTH = 16
_OBJECT_END = b"\x00\x00\x09"


class AmfError(ValueError):
    """The bytes are not AMF0."""


def decode(data: bytes) -> list[Any]:
    """All values in `data`, one after the other."""
    values, position = [], 0
    try:
        while position < len(data):
            value, position = _value(data, position, 0)
            values.append(value)
    except (IndexError, struct.error) as error:
        raise AmfError("truncated AMF0 value") from error
    return values


def encode(*values: Any) -> bytes:
    """The values as AMF0, one after the other."""
    return b"".join(map(_encoded, values))


def _value(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    if depth > MAX_DEPTH:
        raise AmfError("AMF0 value nested too deeply")
    marker, at = data[at], at + 1
    match marker:
        case 0x00:
            return struct.unpack_from(">d", data, at)[0], at + 8
        case 0x01:
            return data[at] != 0, at + 1
        case 0x02:
            return _text(data, at, 2)
        case 0x0C | 0x0F:
            return _text(data, at, 4)
        case 0x03:
            return _members(data, at, depth)
        case 0x08:  # ECMA array: a count that means nothing, then an object
            return _members(data, at + 4, depth)
        case 0x05 | 0x06 | 0x0D:
            return None, at
        case 0x0A:
            count, at = struct.unpack_from(">I", data, at)[0], at + 4
            items = []
            for _ in range(count):
                item, at = _value(data, at, depth + 1)
                items.append(item)
            return items, at
        case 0x0B:
            return struct.unpack_from(">d", data, at)[0], at + 10
    raise AmfError(f"AMF0 type {marker:#04x} is not supported")


def _text(data: bytes, at: int, length_bytes: int) -> tuple[str, int]:
    start = at + length_bytes
    end = start + int.from_bytes(data[at:start], "big")
    if end > len(data):
        raise IndexError
    return data[start:end].decode("utf-8", "replace"), end


def _members(data: bytes, at: int, depth: int) -> tuple[dict[str, Any], int]:
    members: dict[str, Any] = {}
    while data[at : at + 3] != _OBJECT_END:
        name, at = _text(data, at, 2)
        members[name], at = _value(data, at, depth + 1)
    return members, at + 3


def _encoded(value: Any) -> bytes:
    match value:
        case None:
            return b"\x05"
        case bool():
            return bytes([0x01, value])
        case int() | float():
            return b"\x00" + struct.pack(">d", value)
        case str():
            return b"\x02" + _name(value)
        case Mapping():
            return b"\x03" + b"".join(_name(k) + _encoded(v) for k, v in value.items()) + _OBJECT_END
    raise TypeError(f"no AMF0 for {type(value).__name__}")


def _name(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack(">H", len(encoded)) + encoded
