"""A multipart upload whose first part comes last, on an S3 that keeps a list of what it was asked."""

import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError

from recorder.upload import Upload


class S3:
    def __init__(self) -> None:
        self.parts: dict[int, bytes] = {}
        self.objects: dict[str, bytes] = {}
        self.order: list[int] = []
        self.aborted: list[str] = []
        self.fails = 0
        self.together = self.most_together = 0
        self._lock = threading.Lock()

    def create_multipart_upload(self, *, Bucket: str, Key: str, ContentType: str) -> dict[str, Any]:
        assert (Bucket, Key, ContentType) == ("bucket", "film.mp4", "video/mp4")
        self.parts = {}
        return {"UploadId": "one"}

    def upload_part(self, *, UploadId: str, PartNumber: int, Body: bytes, **_: str) -> dict[str, Any]:
        with self._lock:
            self.together += 1
            self.most_together = max(self.most_together, self.together)
        try:
            if PartNumber == self.fails:
                raise ClientError({"Error": {"Code": "SlowDown"}}, "UploadPart")
            with self._lock:
                self.parts[PartNumber] = Body
                self.order.append(PartNumber)
        finally:
            with self._lock:
                self.together -= 1
        return {"ETag": f"etag-{PartNumber}"}

    def complete_multipart_upload(self, *, Key: str, MultipartUpload: dict[str, Any], **_: str) -> None:
        numbers = [part["PartNumber"] for part in MultipartUpload["Parts"]]
        assert numbers == sorted(self.parts)
        assert [part["ETag"] for part in MultipartUpload["Parts"]] == [f"etag-{number}" for number in numbers]
        self.objects[Key] = b"".join(self.parts[number] for number in numbers)

    def abort_multipart_upload(self, *, UploadId: str, **_: str) -> None:
        self.aborted.append(UploadId)


def upload(s3: S3) -> Upload:
    client: Any = s3
    return Upload(client, "bucket", "film.mp4", part_size=10, at_once=2)


def put(s3: S3, body: bytes) -> None:
    with upload(s3) as sink:
        for letter in body:
            sink.write(bytes([letter]))
        sink.first(b"HEAD")


def test_the_first_part_is_held_back() -> None:
    s3 = S3()
    with upload(s3) as sink:
        for letter in b"abcdefg":
            sink.write(bytes([letter]) * 7)
        assert "film.mp4" not in s3.objects
        sink.first(b"HEAD")

    assert s3.objects["film.mp4"] == b"HEAD" + b"".join(bytes([letter]) * 7 for letter in b"abcdefg")
    assert s3.parts[1] == b"HEAD" + b"a" * 7 + b"b" * 3
    assert [len(s3.parts[number]) for number in sorted(s3.parts)] == [14, 10, 10, 10, 9]
    assert s3.aborted == []
    assert s3.most_together <= 3


@pytest.mark.parametrize("length", [0, 1, 9, 10, 20])
def test_small_files(length: int) -> None:
    s3 = S3()
    put(s3, b"x" * length)

    assert s3.objects["film.mp4"] == b"HEAD" + b"x" * length
    assert len(s3.parts) == max(1, -(-length // 10))


def test_what_is_not_finished_is_aborted() -> None:
    s3 = S3()

    def fail() -> None:
        with upload(s3) as sink:
            sink.write(b"x" * 35)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert s3.aborted == ["one"]
    assert s3.objects == {}


@pytest.mark.parametrize("number", [1, 2, 4])
def test_a_part_that_fails_is_told_and_what_was_stays(number: int) -> None:
    s3 = S3()
    s3.objects["film.mp4"] = b"before"
    s3.fails = number
    with pytest.raises(ClientError):
        put(s3, b"x" * 40)

    assert s3.aborted == ["one"]
    assert s3.objects["film.mp4"] == b"before"


def test_an_upload_again_replaces() -> None:
    s3 = S3()
    put(s3, b"x" * 35)
    put(s3, b"x" * 35)

    assert s3.objects == {"film.mp4": b"HEAD" + b"x" * 35}
