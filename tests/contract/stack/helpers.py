"""Waiting for what happens by itself, and the control interface."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx

from sandbox.server import Sandbox

T = TypeVar("T")


def eventually(look: Callable[[], T | None], what: str, seconds: float = 60.0) -> T:
    """The first answer of `look` that says something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if seen := look():
            return seen
        time.sleep(0.05)
    raise AssertionError(f"not seen within {seconds:g} s: {what}")


def control(aws: Sandbox, name: str, order: dict[str, Any]) -> dict[str, Any]:
    """POST to the control interface."""
    answer = httpx.post(f"{aws.url}/_sandbox/{name}", json=order)
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    return result


def tell(aws: Sandbox, channel: str, state: str) -> dict[str, Any]:
    """Emit a MediaLive state change, as the service would."""
    detail = {"channel_arn": channel, "state": state, "pipelines_running_count": 0, "message": ""}
    order = {
        "source": "aws.medialive",
        "detail_type": "MediaLive Channel State Change",
        "detail": detail,
        "resources": [channel],
    }
    event: dict[str, Any] = control(aws, "emit", order)["event"]
    return event


def row(clients: Any, table: str, pk: str, sk: str = "-") -> dict[str, Any] | None:
    """One row of the stack's table."""
    item: dict[str, Any] | None = (
        clients("dynamodb")
        .get_item(TableName=table, Key={"pk": {"S": pk}, "sk": {"S": sk}}, ConsistentRead=True)
        .get("Item")
    )
    return item


def deliveries(clients: Any, table: str, channel: str, event_id: str) -> int:
    """How often the worker got an event."""
    item = row(clients, table, channel, event_id)
    return int(item["count"]["N"]) if item else 0


def message(clients: Any, queue: str) -> dict[str, Any] | None:
    """The next message of a queue, taken out."""
    sqs = clients("sqs")
    for found in sqs.receive_message(QueueUrl=queue, MessageAttributeNames=["All"], WaitTimeSeconds=1).get(
        "Messages", []
    ):
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=found["ReceiptHandle"])
        taken: dict[str, Any] = found
        return taken
    return None
