"""Where segments, playlists and archive files go: an object store that may be slow, refuse, or be away.

The show goes on whatever the store does: a failed call is tried again a few times, told by an alert, and the
alert is cleared by the next call that succeeds.
"""

import time
from pathlib import Path
from typing import Any, Protocol

from sandbox.media.alerts import NO_OUTPUT, Alerts

ATTEMPTS, RETRY_AFTER = 5, 1.0


class ObjectStore(Protocol):
    """A bucket. Both raise whatever the store's client raises."""

    def put(self, key: str, body: bytes | Path, content_type: str) -> None: ...

    def delete(self, key: str) -> None: ...


class S3Store:
    """`client` is boto3's S3 client."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, key: str, body: bytes | Path, content_type: str) -> None:
        if isinstance(body, Path):
            with body.open("rb") as file:
                self._client.put_object(Bucket=self._bucket, Key=key, Body=file, ContentType=content_type)
        else:
            self._client.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=content_type)

    def delete(self, key: str) -> None:
        self._client.delete_object(Bucket=self._bucket, Key=key)


class PatientStore:
    """A store for one output: it says whether a thing was done, and raises nothing."""

    def __init__(self, store: ObjectStore, output: str, alerts: Alerts) -> None:
        self._store = store
        self._output = output
        self._alerts = alerts

    def put(self, key: str, body: bytes | Path, content_type: str) -> bool:
        """Store an object; a file is given by its path."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self._store.put(key, body, content_type)
            except Exception as error:  # whatever the client raises
                self.complain(f"could not store {key.rpartition('/')[2]}: {type(error).__name__}")
                if attempt < ATTEMPTS:
                    time.sleep(RETRY_AFTER)
            else:
                self._alerts.clear(self._alert)
                return True
        return False

    def delete(self, key: str) -> None:
        """Remove an object; what can't be removed stays, and is told."""
        try:
            self._store.delete(key)
        except Exception as error:
            self._alerts.set(f"{self._output}:delete", NO_OUTPUT, f"could not delete: {type(error).__name__}")
        else:
            self._alerts.clear(f"{self._output}:delete")

    def complain(self, message: str) -> None:
        """Say that something could not be stored."""
        self._alerts.set(self._alert, NO_OUTPUT, message)

    @property
    def _alert(self) -> str:
        return f"{self._output}:store"
