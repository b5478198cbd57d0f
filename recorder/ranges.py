"""A stored object as a file that can be read from anywhere, by ranged GETs."""

import io
import os
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_BLOCK = 1 << 20
_BLOCKS_KEPT = 16

ReadRange = Callable[[int, int], bytes]  # from a byte on, up to before another


class RangeReader(io.RawIOBase):
    """`read_range(start, end)` gives the bytes from `start` to before `end`; a megabyte a call, sixteen are kept."""

    def __init__(self, read_range: ReadRange, size: int) -> None:
        self._read_range = read_range
        self._size = size
        self._at = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = max(0, offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence])
        return self._at

    def read(self, size: int = -1) -> bytes:
        end = self._size if size < 0 else min(self._size, self._at + size)
        parts = []
        while self._at < end:
            number, within = divmod(self._at, _BLOCK)
            part = self._block(number)[within : within + end - self._at]
            if not part:
                break
            parts.append(part)
            self._at += len(part)
        return b"".join(parts)

    def _block(self, number: int) -> bytes:
        if number in self._blocks:
            self._blocks.move_to_end(number)
        else:
            self._blocks[number] = self._read_range(number * _BLOCK, min(self._size, (number + 1) * _BLOCK))
            if len(self._blocks) > _BLOCKS_KEPT:
                self._blocks.popitem(last=False)
        return self._blocks[number]


def stored_object(client: "S3Client", bucket: str, key: str) -> RangeReader:
    """An object of S3. Raises ClientError when there is none, and when it is replaced while it is read."""
    found = client.head_object(Bucket=bucket, Key=key)

    def read_range(start: int, end: int) -> bytes:
        answer = client.get_object(Bucket=bucket, Key=key, Range=f"bytes={start}-{end - 1}", IfMatch=found["ETag"])
        return answer["Body"].read()

    return RangeReader(read_range, found["ContentLength"])
