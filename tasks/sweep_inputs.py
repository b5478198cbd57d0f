"""Find MediaLive inputs that belong to no attempt at work, and security groups of the stage that nothing uses."""

from functools import partial
from typing import Any

from showrunner import aws, medialive
from showrunner.naming import STAGE
from showrunner.orphans import Resource, Step, age, clear
from showrunner.settings import settings
from showrunner.sweep import SEEN, Sweep

Event = dict[str, Any]
GROUP_GRACE_SECONDS = 86_400  # longer than any deployment: while one runs, this function may not know the newest group


def handler(event: Event, context: object) -> Event:
    sweep = Sweep(event)
    for listed in medialive.listed_inputs():
        if listed["State"] in ("DELETING", "DELETED"):
            continue
        resource = Resource(listed["Arn"], listed["Name"], listed.get("Tags", {}))
        clear(sweep, "input", resource, _step(listed))
    for group in medialive.listed_security_groups():
        tags = group.get("Tags", {})
        if tags.get(STAGE) != settings().stage or group["Id"] == settings().input_security_group:
            continue
        if group["State"] == "IDLE":
            _clear_group(sweep, group["Id"], group["Arn"])
    return sweep.answer


def _step(listed: Any) -> Step:
    """What is attached can't be deleted: its channel goes first if that is ours too, else it is a person's to do."""
    if listed["State"] == "ATTACHED":
        return "report", None
    return "delete", partial(aws.medialive().delete_input, InputId=listed["Id"])


def _clear_group(sweep: Sweep, group_id: str, arn: str) -> None:
    """A deployment has one, which CloudFormation makes; another is what a deletion that failed has left."""
    if age(sweep, arn) < GROUP_GRACE_SECONDS:
        sweep.find("security group", arn, SEEN)
        return
    delete = partial(aws.medialive().delete_input_security_group, InputSecurityGroupId=group_id)
    sweep.find("security group", arn, "delete", delete)
