import struct

import pytest

from sandbox.media import amf


def test_what_is_encoded_comes_back() -> None:
    values = ["connect", 1.0, {"app": "live", "nested": {"yes": True, "none": None}}, None, False, "ä"]

    assert amf.decode(amf.encode(*values)) == values


def test_types_that_only_encoders_send() -> None:
    ecma = b"\x08\x00\x00\x00\x01\x00\x01a\x00" + struct.pack(">d", 2) + b"\x00\x00\x09"
    strict = b"\x0a\x00\x00\x00\x02\x05\x01\x01"
    long_text = b"\x0c\x00\x00\x00\x02hi"
    date = b"\x0b" + struct.pack(">d", 5) + b"\x00\x00"

    assert amf.decode(ecma + strict + long_text + date) == [{"a": 2.0}, [None, True], "hi", 5.0]


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x01",
        b"\x02\x00\x05ab",
        b"\x03\x00\x01a",
        b"\x0a\xff\xff\xff\xff",
        b"\x11\x01",
        b"\x0a\x00\x00\x00\x01" * 99,
    ],
    ids=["number", "string", "object", "array", "amf3", "depth"],
)
def test_what_is_not_amf0_is_refused(data: bytes) -> None:
    with pytest.raises(amf.AmfError):
        amf.decode(data)
