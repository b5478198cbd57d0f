"""A host's persistent IVS channels, which sessions borrow: the address where viewers watch stays the same.

A channel is somebody's by its tag alone, so what an operator tags is one like those made here.
"""

import random
import uuid
from datetime import UTC, datetime

from botocore.exceptions import ClientError

from showrunner import aws, clock, ivs
from showrunner.api import Answer, Call
from showrunner.errors import Conflict, InProgress, OutputNotFound, QuotaExceeded
from showrunner.naming import OWNER
from showrunner.session import isotime
from showrunner.store import Item, store
from workflows.answers import ChannelDeleted, ChannelList, ChannelMade, ChannelView
from workflows.requests import NewChannel, OwnersWish
from workflows.sessions import asked_owner

MOST = 5  # of an owner's; the account has few
RACES = 20
RUN_SECONDS = 30  # longer than a request lasts


def create(call: Call[NewChannel]) -> Answer[ChannelMade]:
    """201, or 200 with the caller's channel of that name. IVS bills none that nobody sends to.

    Requests that come at once make one: raises InProgress if another is still at it.
    """
    wish, owner, run = call.body, call.caller.sub, uuid.uuid4().hex
    for _ in range(RACES):
        named = store().named_channel(owner, wish.name)
        if named and (known := ivs.persistent(named, owner)):
            return _there(known)
        own = ivs.own_channels(owner)
        for channel in own:
            if channel["name"] == wish.name and channel["arn"] != named:
                return _there(channel)
        if len(own) >= MOST:
            raise Conflict(f"You have {len(own)} channels, and may have {MOST}. Delete one: DELETE /channels/ID.")
        try:
            store().claim_name(owner, wish.name, run, RUN_SECONDS, gone=named)
            break
        except InProgress:
            clock.sleep(random.uniform(0.1, 0.5))
    else:
        raise InProgress(f"Another request is making the channel '{wish.name}'. Try again.")
    new = _make(wish, owner, run)
    message = f"The channel '{wish.name}' is made. Create a session with it: output.channel_arn."
    return Answer(201, {"message": message, "channel": view(new)})


def _there(channel: Item) -> Answer[ChannelMade]:
    return Answer(200, {"message": f"You have the channel '{channel['name']}' already.", "channel": view(channel)})


def _make(wish: NewChannel, owner: str, run: str) -> Item:
    """Where IVS does not answer, the next request finds what was made, once the claim has lapsed."""
    try:
        made: Item = ivs.create_channel(wish.name, wish.type, {OWNER: owner})
    except (QuotaExceeded, InProgress):
        store().give_up_name(owner, wish.name, run)
        raise
    store().name_channel(owner, wish.name, run, made["arn"])
    return made


def listing(call: Call[OwnersWish]) -> Answer[ChannelList]:
    """The caller's, by name; producers may ask for another owner's."""
    return Answer(200, {"channels": [view(each) for each in ivs.own_channels(asked_owner(call))]})


def delete(call: Call[None], channel_id: str) -> Answer[ChannelDeleted]:
    """With its stream key. No session takes it from the first step on, nor does a session lose it.

    Raises OutputNotFound, OutputInUse, Conflict where somebody streams to it.
    """
    owner, run = call.caller.sub, uuid.uuid4().hex
    found = [each for each in ivs.own_channels(owner) if each["arn"].endswith(f":channel/{channel_id}")]
    if not found:
        raise OutputNotFound(f"You have no channel '{channel_id}'. GET /channels lists yours.", id=channel_id)
    arn, name = found[0]["arn"], found[0]["name"]
    store().lock(arn, run, RUN_SECONDS)
    try:
        _remove(arn)
    finally:
        store().unlock(arn, run)
    store().forget_channel(owner, name, arn)
    return Answer(200, {"message": f"The channel '{name}' is deleted.", "arn": arn})


def _remove(arn: str) -> None:
    """What another request has deleted is gone, whatever IVS answers: its tags, by which one may, are gone too."""
    try:
        aws.ivs().delete_channel(arn=arn)
    except ClientError as error:
        if ivs.channel(arn) is None:
            return
        if error.response["Error"]["Code"] != "ConflictException":
            raise
        raise Conflict("Somebody streams to the channel. Delete it when the stream has ended.") from None


def view(channel: Item) -> ChannelView:
    """`lease`: which session has it, and until when at least."""
    shown: ChannelView = {"arn": channel["arn"], "name": channel["name"], "type": channel["type"], "lease": None}
    lease = store().lease_of(channel["arn"])
    if lease and not lease.deletion:
        until = isotime(datetime.fromtimestamp(lease.until, UTC))
        shown["lease"] = {"session_id": lease.session_id, "attempt": lease.attempt, "until": until}
    return shown
