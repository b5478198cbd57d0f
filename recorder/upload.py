"""A file into S3 from front to back, its beginning last: a multipart upload as `recorder.mp4.Sink`.

S3's limits: 10,000 parts, of 5 MiB or more but for the last one, and 5 TB in all; parts may come in any order and
are put together by their numbers. So part 1 is held back until the index is known. A part of 16 MiB makes films of
up to 160 GB; six of them are in memory: the first, the one that fills, and four on their way.

The object appears, or replaces the one before, when all is there; a failed upload leaves what was. An upload whose
process was killed leaves parts, for the bucket's lifecycle rule (AbortIncompleteMultipartUpload) to remove.
"""

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART_SIZE = 16 << 20
AT_ONCE = 4


class Upload:
    """Use it in a `with`: what is not finished at its end is aborted. `client` is boto3's, and used from threads."""

    def __init__(
        self,
        client: "S3Client",
        bucket: str,
        key: str,
        content_type: str = "video/mp4",
        part_size: int = PART_SIZE,
        at_once: int = AT_ONCE,
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._key = key
        self._content_type = content_type
        self._part_size = part_size
        self._at_once = at_once
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="upload")
        self._id = ""
        self._held: bytes | None = None
        self._buffer = bytearray()
        self._number = 1  # of the last part that was begun
        self._pending: deque[Future[CompletedPartTypeDef]] = deque()
        self._done: list[CompletedPartTypeDef] = []
        self._completed = False

    def __enter__(self) -> "Upload":
        target = self._client.create_multipart_upload(
            Bucket=self._bucket, Key=self._key, ContentType=self._content_type
        )
        self._id = target["UploadId"]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)
        if not self._completed:
            with suppress(BotoCoreError, ClientError):  # what went wrong first is what is told
                self._client.abort_multipart_upload(Bucket=self._bucket, Key=self._key, UploadId=self._id)

    def write(self, data: bytes) -> None:
        """Raises what S3 answered to an earlier part."""
        self._buffer += data
        while len(self._buffer) >= self._part_size:
            part = bytes(self._buffer[: self._part_size])
            del self._buffer[: self._part_size]
            if self._held is None:
                self._held = part
            else:
                self._send(part)

    def first(self, data: bytes) -> None:
        """Complete the object, with `data` before all that was written."""
        rest = bytes(self._buffer)
        if self._held is None:
            self._held, rest = rest, b""
        if rest:
            self._send(rest)
        first = self._put(1, data + self._held)
        while self._pending:
            self._done.append(self._pending.popleft().result())
        self._client.complete_multipart_upload(
            Bucket=self._bucket, Key=self._key, UploadId=self._id, MultipartUpload={"Parts": [first, *self._done]}
        )
        self._completed = True

    def _send(self, part: bytes) -> None:
        """Begin with a part as soon as fewer than `at_once` are on their way."""
        while len(self._pending) >= self._at_once:
            self._done.append(self._pending.popleft().result())
        self._number += 1
        self._pending.append(self._pool.submit(self._put, self._number, part))

    def _put(self, number: int, part: bytes) -> "CompletedPartTypeDef":
        answer = self._client.upload_part(
            Bucket=self._bucket, Key=self._key, UploadId=self._id, PartNumber=number, Body=part
        )
        return {"PartNumber": number, "ETag": answer["ETag"]}
