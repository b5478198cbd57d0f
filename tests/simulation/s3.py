"""S3 in memory, by the operations that the product uses."""

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sandbox.errors import AwsError

Params = dict[str, Any]
PAGE = 1000


@dataclass
class Upload:
    """One in parts, that is not complete."""

    bucket: str
    key: str
    begun: float
    parts: dict[int, bytes] = field(default_factory=dict)


class S3:
    """`objects`: bucket -> key -> content. `before_read(bucket, key)` lets somebody store what is due."""

    def __init__(self, buckets: list[str], time: Callable[[], float]) -> None:
        self.objects: dict[str, dict[str, bytes]] = {bucket: {} for bucket in buckets}
        self.before_read: Callable[[str, str], None] = lambda *_: None
        self._uploads: dict[str, Upload] = {}
        self._count = 0
        self._time = time

    def put_object(self, params: Params, caller: Any) -> Params:
        body = params.get("Body", b"")
        if params.get("IfNoneMatch") == "*" and params["Key"] in self._bucket(params):
            raise AwsError("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412)
        self._bucket(params)[params["Key"]] = body if isinstance(body, bytes) else body.read()
        return {"ETag": _etag(self._bucket(params)[params["Key"]])}

    def get_object(self, params: Params, caller: Any) -> Params:
        content = self._content(params, "NoSuchKey", "The specified key does not exist.")
        if params.get("IfMatch", _etag(content)) != _etag(content):
            raise AwsError("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412)
        if "Range" in params:
            start, _, end = params["Range"].removeprefix("bytes=").partition("-")
            content = content[int(start) : int(end) + 1]
        return {"Body": io.BytesIO(content), "ContentLength": len(content)}

    def head_object(self, params: Params, caller: Any) -> Params:
        content = self._content(params, "404", "Not Found")
        return {"ContentLength": len(content), "ETag": _etag(content)}

    def delete_object(self, params: Params, caller: Any) -> Params:
        self._bucket(params).pop(params["Key"], None)
        return {}

    def delete_objects(self, params: Params, caller: Any) -> Params:
        for each in params["Delete"]["Objects"]:
            self._bucket(params).pop(each["Key"], None)
        return {}

    def list_objects_v2(self, params: Params, caller: Any) -> Params:
        prefix, after = params.get("Prefix", ""), params.get("ContinuationToken", params.get("StartAfter", ""))
        self.before_read(params["Bucket"], prefix)
        if "Delimiter" in params:
            names = (key.removeprefix(prefix) for key in self._bucket(params) if key.startswith(prefix) and key > after)
            folders = sorted({prefix + name.partition("/")[0] + "/" for name in names if "/" in name})
            return {"CommonPrefixes": [{"Prefix": folder} for folder in folders[: params.get("MaxKeys", PAGE)]]}
        found = sorted(key for key in self._bucket(params) if key.startswith(prefix) and key > after)
        page = found[:PAGE]
        contents = [(key, self._bucket(params)[key]) for key in page]
        more = {"NextContinuationToken": page[-1]} if len(found) > PAGE else {}
        listed = [{"Key": key, "Size": len(content), "ETag": _etag(content)} for key, content in contents]
        return {"IsTruncated": bool(more), "KeyCount": len(page), **({"Contents": listed} if listed else {}), **more}

    def create_multipart_upload(self, params: Params, caller: Any) -> Params:
        self._bucket(params)
        return {"UploadId": self.begin_upload(params["Bucket"], params["Key"])}

    def begin_upload(self, bucket: str, key: str, before: float = 0.0) -> str:
        """`before`: so many seconds ago."""
        self._count += 1
        upload = f"upload-{self._count}"
        self._uploads[upload] = Upload(bucket, key, self._time() - before)
        return upload

    def list_multipart_uploads(self, params: Params, caller: Any) -> Params:
        uploads = [(name, each) for name, each in self._uploads.items() if each.bucket == params["Bucket"]]
        shown = [{"UploadId": n, "Key": e.key, "Initiated": datetime.fromtimestamp(e.begun, UTC)} for n, e in uploads]
        return {"IsTruncated": False, "Uploads": shown}

    def upload_part(self, params: Params, caller: Any) -> Params:
        self._upload(params).parts[params["PartNumber"]] = params["Body"]
        return {"ETag": _etag(params["Body"])}

    def complete_multipart_upload(self, params: Params, caller: Any) -> Params:
        parts = self._upload(params).parts
        named = [part["PartNumber"] for part in params["MultipartUpload"]["Parts"]]
        self._bucket(params)[params["Key"]] = b"".join(parts[number] for number in sorted(named))
        del self._uploads[params["UploadId"]]
        return {"ETag": _etag(self._bucket(params)[params["Key"]])}

    def abort_multipart_upload(self, params: Params, caller: Any) -> Params:
        self._uploads.pop(params["UploadId"], None)
        return {}

    def _upload(self, params: Params) -> "Upload":
        if params["UploadId"] not in self._uploads:
            raise AwsError("NoSuchUpload", "The specified upload does not exist.", 404)
        return self._uploads[params["UploadId"]]

    def _bucket(self, params: Params) -> dict[str, bytes]:
        if params["Bucket"] not in self.objects:
            raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
        return self.objects[params["Bucket"]]

    def _content(self, params: Params, code: str, message: str) -> bytes:
        self.before_read(params["Bucket"], params["Key"])
        if params["Key"] not in self._bucket(params):
            raise AwsError(code, message, 404)
        return self._bucket(params)[params["Key"]]


def _etag(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'
