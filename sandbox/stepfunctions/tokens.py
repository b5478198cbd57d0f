"""Task tokens. One is a nonce with a seal, so that a token of ours is known as such after it was forgotten."""

import base64
import hashlib
from random import Random
from typing import Generic, TypeVar

from sandbox.errors import AwsError

T = TypeVar("T")
HALF = 24


class Tokens(Generic[T]):
    """What each open token stands for."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._secret = random.randbytes(16)
        self._open: dict[str, T] = {}

    def new(self) -> str:
        nonce = self._random.randbytes(HALF)
        return base64.b64encode(nonce + self._seal(nonce)).decode()

    def put(self, token: str, task: T) -> None:
        self._open[token] = task

    def forget(self, token: str) -> None:
        self._open.pop(token, None)

    def find(self, token: str) -> T:
        """Raises AwsError TaskTimedOut for a used or expired token, InvalidToken for one that was never given out."""
        if token in self._open:
            return self._open[token]
        try:
            raw = base64.b64decode(token, validate=True)
        except ValueError:
            raw = b""
        if len(raw) == 2 * HALF and self._seal(raw[:HALF]) == raw[HALF:]:
            raise AwsError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
        raise AwsError("InvalidToken", "Invalid Token: 'Invalid token'")

    def _seal(self, nonce: bytes) -> bytes:
        return hashlib.blake2b(nonce, key=self._secret, digest_size=HALF).digest()
