"""Look at what is asked before anything is made: refuse here what AWS would refuse half-way."""

from typing import Any

from showrunner import ivs
from showrunner.errors import OutputNotFound
from showrunner.naming import OWNER
from showrunner.store import store

Event = dict[str, Any]


def handler(event: Event, context: object) -> Event:
    """Raises StopRequested; OutputNotFound for an IVS channel that is missing or not tagged as the owner's."""
    session, attempt = store().session(event["session_id"]), store().attempt(event["session_id"], event["attempt"])
    store().record_execution(session.id, attempt.number, event["execution"])
    attempt.raise_if_stopping()
    borrowed = session.output.channel_arn
    if borrowed is not None:
        channel = ivs.channel(borrowed)
        if channel is None or channel.tags.get(OWNER) != session.owner:
            raise OutputNotFound(
                f"There is no IVS channel {borrowed} tagged {OWNER} for you. Tag it, or leave out channel_arn.",
                channel_arn=borrowed,
            )
    return {}
