"""Delete the attempt's MediaLive inputs. Inputs have no events, so a busy one is tried again by Retry."""

from typing import Any

from botocore.exceptions import ClientError

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
    if _gone(input_id):
        return True
    try:
        aws.medialive().delete_input(InputId=input_id)
    except ClientError as error:
        # Permission goes by the input's tags: what another cleanup has just deleted is refused, not missed.
        if _gone(input_id):
            return True
        if error.response["Error"]["Code"] != "ConflictException":
            raise
        return False
    return True


def _gone(input_id: str) -> bool:
    try:
        return aws.medialive().describe_input(InputId=input_id)["State"] in ("DELETING", "DELETED")
    except aws.medialive().exceptions.NotFoundException:
        return True
