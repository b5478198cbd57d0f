"""Delete the attempt's MediaLive inputs. Inputs have no events, so a busy one is tried again by Retry."""

from typing import Any

from showrunner import aws, medialive
from showrunner.errors import InputBusy
from showrunner.store import store

Event = dict[str, Any]


def handler(event: Event, context: object) -> Event:
    """Raises InputBusy while one is still attached to the channel that goes away."""
    attempt = store().attempt(event["session_id"], event["attempt"])
    inputs = set(attempt.inputs.values()) | set(medialive.find_inputs(attempt).values())
    busy = [input_id for input_id in sorted(inputs) if not _delete(input_id)]
    if busy:
        raise InputBusy(f"{len(busy)} of {len(inputs)} inputs are still attached.")
    return {"inputs": len(inputs)}


def _delete(input_id: str) -> bool:
    """False if it is in use."""
    try:
        aws.medialive().delete_input(InputId=input_id)
    except aws.medialive().exceptions.NotFoundException:
        return True
    except aws.medialive().exceptions.ConflictException:
        return _state(input_id) in ("DELETING", "DELETED")
    return True


def _state(input_id: str) -> str:
    try:
        return aws.medialive().describe_input(InputId=input_id)["State"]
    except aws.medialive().exceptions.NotFoundException:
        return "DELETED"
