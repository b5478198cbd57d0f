"""The life of a MediaLive channel, as a table: everything that changes its state is here.

A row is `(state, cause) -> next state`. The causes `start`, `stop` and `delete` are API calls, and a call that has
no row for the channel's state is refused with 409 ConflictException. The other causes happen by themselves, after
a time that `Timings` has, or because the encoder died.

    CREATING -> IDLE -> STARTING -> RUNNING <-> RECOVERING
                 ^          |          |            |
                 |          +----------+------------+
                 +------- STOPPING <---+
                IDLE -> DELETING -> DELETED
    CREATING -> CREATE_FAILED -> DELETING

The states are botocore's ChannelState. The events on EventBridge speak another language (EVENTS): there is no
event IDLE, but CREATED and STOPPED (MediaLive user guide, automating with EventBridge; consumers in public
repositories). A channel that is back from RECOVERING sends RUNNING again. Not known of AWS: whether one whose creation
failed sends an event; here it sends none. What `unknowns` has may be taken either way.
"""

from dataclasses import dataclass
from typing import Literal

State = Literal[
    "CREATING", "CREATE_FAILED", "IDLE", "STARTING", "RUNNING", "RECOVERING", "STOPPING", "DELETING", "DELETED"
]
Cause = Literal["created", "create_failed", "start", "started", "died", "stop", "stopped", "delete", "deleted"]

TRANSITIONS: dict[tuple[State, Cause], State] = {
    ("CREATING", "created"): "IDLE",
    ("CREATING", "create_failed"): "CREATE_FAILED",
    ("IDLE", "start"): "STARTING",
    ("STARTING", "started"): "RUNNING",
    ("STARTING", "died"): "STARTING",  # it is tried again
    ("RUNNING", "died"): "RECOVERING",
    ("RECOVERING", "died"): "RECOVERING",
    ("RECOVERING", "started"): "RUNNING",
    ("STARTING", "stop"): "STOPPING",
    ("RUNNING", "stop"): "STOPPING",
    ("RECOVERING", "stop"): "STOPPING",
    ("STOPPING", "stopped"): "IDLE",
    ("IDLE", "delete"): "DELETING",
    ("CREATE_FAILED", "delete"): "DELETING",  # documented neither way
    ("DELETING", "deleted"): "DELETED",
}

EVENTS: dict[Cause, tuple[str, str]] = {
    "created": ("CREATED", "Created channel"),
    "start": ("STARTING", "Starting channel"),
    "started": ("RUNNING", "Started channel"),
    "stop": ("STOPPING", "Stopping channel"),
    "stopped": ("STOPPED", "Stopped channel"),
    "delete": ("DELETING", "Deleting channel"),
    "deleted": ("DELETED", "Deleted channel"),
}
"""The `state` and `message` of the event 'MediaLive Channel State Change' that a cause sends."""

REFUSALS: dict[Cause, str] = {
    "start": "Cannot start a channel that is {state}; it must be IDLE",
    "stop": "Cannot stop a channel that is {state}",
    "delete": "Cannot delete a channel that has not been stopped yet; it is {state}",
}


@dataclass(frozen=True)
class Timings:
    """Seconds. `deleted` is how long something deleted is still described as DELETED before it is not found; `unseen`,
    how long the input on air has no picture before that is an alert.
    """

    create: float = 1.0
    start: float = 3.0
    stop: float = 2.0
    delete: float = 1.0
    recover: float = 2.0
    deleted: float = 5.0
    unseen: float = 2.0


FAST = Timings()
AWS = Timings(create=10.0, start=180.0, stop=60.0, delete=30.0, recover=60.0, deleted=300.0, unseen=5.0)
"""Starting takes up to 3 minutes by the user guide; the other times are guesses of the right size."""
BRIEF = Timings(create=0.2, start=0.5, stop=0.3, delete=0.2, recover=0.3, unseen=0.3)
"""For tests that are not about time, and long enough that every state is seen."""
TIMINGS = {"brief": BRIEF, "fast": FAST, "aws": AWS}
