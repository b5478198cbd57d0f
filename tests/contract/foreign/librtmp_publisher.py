"""librtmp as a publisher: FLV from standard input to the address in the variable RTMP_URL. A program of its own.

It ends with 1 and a word on stderr when librtmp gives up; 3 when there is no librtmp.
"""

import ctypes
import os
import sys


def main() -> int:
    """Publish until the input ends."""
    try:
        rtmp = ctypes.CDLL("librtmp.so.1")
    except OSError:
        return 3
    rtmp.RTMP_Alloc.restype = ctypes.c_void_p
    session = ctypes.c_void_p(rtmp.RTMP_Alloc())
    rtmp.RTMP_Init(session)
    url = ctypes.create_string_buffer(os.environ["RTMP_URL"].encode())  # librtmp keeps pointers into it
    rtmp.RTMP_SetupURL(session, url)
    rtmp.RTMP_EnableWrite(session)
    for step, done in (
        ("connect", lambda: rtmp.RTMP_Connect(session, None)),
        ("publish", lambda: rtmp.RTMP_ConnectStream(session, 0)),
    ):
        if not done():
            print(f"could not {step}", file=sys.stderr)
            return 1
    stream = sys.stdin.buffer
    stream.read(13)  # the file's header and a size of 0
    while len(header := stream.read(11)) == 11:
        size = int.from_bytes(header[1:4], "big")
        tag = header + stream.read(size + 4)
        if rtmp.RTMP_Write(session, tag, len(tag)) <= 0:
            print("could not write", file=sys.stderr)
            return 1
    rtmp.RTMP_Close(session)
    return 0


if __name__ == "__main__":
    sys.exit(main())
