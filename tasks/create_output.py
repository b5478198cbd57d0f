"""Get the session its IVS channel: one of its own, or the lease of the one it borrows."""

from typing import Any

from showrunner import ivs
from showrunner.errors import InProgress, QuotaExceeded
from showrunner.naming import name_of, tags_of
from showrunner.profiles import PROFILES
from showrunner.session import Attempt, Session
from showrunner.store import store
from showrunner.waits import LEASE_SECONDS

Event = dict[str, Any]
CLAIM = "the IVS channel"
CLAIM_SECONDS = 30  # longer than the function runs


def handler(event: Event, context: Any) -> Event:
    """Raises StopRequested, OutputInUse, OutputNotFound, QuotaExceeded; InProgress while another run makes it, somebody
    else streams to the one to borrow, or IVS takes no more calls.
    """
    session, attempt = store().session(event["session_id"]), store().attempt(event["session_id"], event["attempt"])
    attempt.raise_if_stopping()
    borrowed = session.output.channel_arn is not None
    channel = _borrow(session, attempt) if borrowed else _own(session, attempt, context.aws_request_id)
    store().link(channel.arn, session.id, attempt.number)
    store().remember(
        session.id,
        attempt.number,
        ivs_channel_arn=channel.arn,
        ivs_borrowed=borrowed,
        ivs_type=channel.type,
        ingest_endpoint=channel.ingest_endpoint,
        playback_url=channel.playback_url,
    )
    return {}


def _borrow(session: Session, attempt: Attempt) -> ivs.Channel:
    channel = ivs.to_borrow(str(session.output.channel_arn), session.owner)
    store().lease(channel.arn, session.id, attempt.number, LEASE_SECONDS)
    if attempt.ivs_channel_arn is None and ivs.is_live(channel.arn):
        # Not this attempt's: a host's own encoder, whose stream would count as the show's and be ended with it.
        raise InProgress("Somebody streams to the IVS channel already. End that stream, then start again.")
    return channel


def _own(session: Session, attempt: Attempt, run: str) -> ivs.Channel:
    """Names are not unique in IVS: look, claim, look again, make.

    Where the answer is lost, the next run finds what was made; if nothing was, it makes it when the claim has lapsed.
    """
    if found := ivs.find_channels(attempt):
        return found[0]
    store().claim(session.id, attempt.number, CLAIM, run, CLAIM_SECONDS)
    if found := ivs.find_channels(attempt):
        return found[0]
    try:
        made = ivs.create_channel(name_of(attempt), PROFILES[session.profile].ivs_type, tags_of(session, attempt))
    except (QuotaExceeded, InProgress):
        store().give_up_claim(session.id, attempt.number, CLAIM, run)
        raise
    return ivs.Channel(made["arn"], made["ingestEndpoint"], made["playbackUrl"], made.get("tags", {}), made["type"])
