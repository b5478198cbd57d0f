"""The outlet through which a service of the sandbox tells what happened: one EventBridge event a call."""

from typing import Any, Protocol


class Emit(Protocol):
    """`source` aws.medialive, `detail_type` 'MediaLive Channel State Change', ..., `resources` ARNs."""

    def __call__(self, source: str, detail_type: str, detail: dict[str, Any], resources: list[str]) -> None: ...
