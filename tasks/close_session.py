"""The last word on an attempt: see that nothing is left, and write the session's final state with its cost."""

from typing import Any

from msgspec import structs

from showrunner import budget, ivs, medialive
from showrunner.cost import cost_of, lived
from showrunner.errors import CleanupIncomplete, InProgress
from showrunner.executions import start_archive
from showrunner.observability import count, logger
from showrunner.session import Attempt, Session, now
from showrunner.store import store

Event = dict[str, Any]


def handler(event: Event, context: object) -> Event:
    """`errors` holds what earlier states of the cleanup could not do. Raises CleanupIncomplete, InProgress."""
    session, attempt = store().session(event["session_id"]), store().attempt(event["session_id"], event["attempt"])
    left = sorted({*event.get("errors", {}), *_left(session, attempt)})
    if left:
        logger().error("cleanup incomplete", session_id=session.id, attempt=attempt.number, left=left)
        message = f"Not cleaned up: {', '.join(left)}. The sweeper tries again within 5 minutes."
        store().note(session.id, attempt.number, "cleanup", message)
        raise CleanupIncomplete(message)
    for wait in store().waits(session.id, attempt.number):
        store().delete_wait(wait)
    over = structs.replace(attempt, ended_at=attempt.ended_at or now())
    cost = cost_of(lived(session, over))
    store().note(session.id, attempt.number, "cost", cost.text)
    if not budget.tell(session, over):
        raise InProgress("A look of the session tells what it costs at this moment.")
    first = store().close_attempt(session.id, attempt.number, attempt.failure)
    if first:  # of several cleanups one ends it
        count({"SessionCost": cost.dollars}, unit="None")
    # The archive of the first may have been done before the others opened it again.
    start_archive(session.id, attempt.number, "end" if first else "")
    return {}


def _left(session: Session, attempt: Attempt) -> list[str]:
    """What still exists by AWS's word, remembered or only tagged, and a borrowed channel that is not given back."""
    left = []
    if medialive.find_channel(attempt):
        left.append("MediaLive channel")
    if medialive.find_inputs(attempt):
        left.append("MediaLive inputs")
    borrowed = session.output.channel_arn
    if borrowed and store().holds(borrowed, session.id, attempt.number):
        left.append("lease of the IVS channel")
    if not attempt.ivs_borrowed and ivs.find_channels(attempt):
        left.append("IVS channel")
    return left
