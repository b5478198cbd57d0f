"""Where file inputs and images are read from: S3 with the channel role's credentials, or HTTP.

`s3ssl://bucket/key` and `s3://bucket/key` are read in pieces as they are needed, so that a long file begins as
soon as a short one. `http://` and `https://` are FFmpeg's affair; an HLS playlist there is played to its end.
"""

import io
import threading
import urllib.request
from collections import OrderedDict
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

import av
from av.container import InputContainer

_PIECE = 1 << 20
_PIECES = 4
_TIMEOUT = 10.0  # seconds without a byte
_LARGEST_IMAGE = 64 << 20


class Files:
    """`s3` makes boto3's S3 client, when it is needed first."""

    def __init__(self, s3: Callable[[], Any]) -> None:
        self._s3 = s3
        self._client: Any = None
        self._lock = threading.Lock()

    def open(self, url: str) -> InputContainer:
        """Ready to be demuxed. Raises what boto3 or FFmpeg raise, and ValueError for other kinds of URL."""
        if (location := _s3_location(url)) is not None:
            return av.open(S3File(self._s3_client(), *location), "r", metadata_errors="ignore")
        _only_http(url)
        return av.open(url, "r", timeout=_TIMEOUT, metadata_errors="ignore")

    def read(self, url: str) -> bytes:
        """All of it: an image. Raises what boto3 or urllib raise, and ValueError for other kinds of URL."""
        if (location := _s3_location(url)) is not None:
            bucket, key = location
            body: bytes = self._s3_client().get_object(Bucket=bucket, Key=key)["Body"].read(_LARGEST_IMAGE)
            return body
        _only_http(url)
        with urllib.request.urlopen(url, timeout=_TIMEOUT) as answer:
            content: bytes = answer.read(_LARGEST_IMAGE)
            return content

    def _s3_client(self) -> Any:
        with self._lock:
            if self._client is None:
                self._client = self._s3()
            return self._client


class S3File(io.RawIOBase):
    """An object as a file: pieces of 1 MiB, of which the last few are kept."""

    def __init__(self, client: Any, bucket: str, key: str) -> None:
        self._client = client
        self._object = {"Bucket": bucket, "Key": key}
        self._pieces: OrderedDict[int, bytes] = OrderedDict()
        self._at = 0
        answer = client.get_object(**self._object, Range=f"bytes=0-{_PIECE - 1}")
        self._pieces[0] = answer["Body"].read()
        self._size = int(answer["ContentRange"].rpartition("/")[2])

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, and no more than one piece holds."""
        if self._at >= self._size:
            return b""
        number, offset = divmod(self._at, _PIECE)
        data = self._piece(number)[offset:]
        data = data if size < 0 else data[:size]
        self._at += len(data)
        return data

    def _piece(self, number: int) -> bytes:
        if number not in self._pieces:
            first = number * _PIECE
            wanted = f"bytes={first}-{min(first + _PIECE, self._size) - 1}"
            self._pieces[number] = self._client.get_object(**self._object, Range=wanted)["Body"].read()
            while len(self._pieces) > _PIECES:
                self._pieces.popitem(last=False)
        self._pieces.move_to_end(number)
        return self._pieces[number]


def s3_client(arguments: dict[str, Any]) -> Any:
    """boto3's client of these arguments."""
    import boto3
    from botocore.config import Config

    return boto3.client("s3", config=Config(s3={"addressing_style": "path"}), **arguments)


def _s3_location(url: str) -> tuple[str, str] | None:
    parts = urlsplit(url, allow_fragments=False)
    if parts.scheme not in ("s3", "s3ssl"):
        return None
    key = url.partition("://")[2].partition("/")[2]  # a key may hold a question mark
    return parts.netloc, unquote(key) if "%" in key else key


def _only_http(url: str) -> None:
    if urlsplit(url).scheme not in ("http", "https"):
        raise ValueError("only s3ssl, s3, https and http can be read")
