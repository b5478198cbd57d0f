"""The media bucket: the files that a channel plays.

| key                | what                                                       |
| ------------------ | ---------------------------------------------------------- |
| slate/default.mp4  | the slate of every session; a deployment puts it there     |
"""

from showrunner import aws
from showrunner.settings import settings

SLATE_KEY = "slate/default.mp4"


def url_of(key: str) -> str:
    """As MediaLive reads it."""
    return f"s3ssl://{settings().media_bucket}/{key}"


def exists(key: str) -> bool:
    try:
        aws.s3().head_object(Bucket=settings().media_bucket, Key=key)
    except aws.s3().exceptions.ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        return False
    return True
