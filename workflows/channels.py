"""A host's persistent IVS channels, which sessions borrow: the address where viewers watch stays the same.

A channel is somebody's by its tag alone, so what an operator tags is one like those made here.
"""

from datetime import UTC, datetime

from botocore.exceptions import ClientError

from showrunner import aws
from showrunner.api import Answer, Call
from showrunner.errors import Conflict, QuotaExceeded
from showrunner.ivs import own_channels
from showrunner.naming import OWNER
from showrunner.session import isotime
from showrunner.store import Item, store
from workflows.answers import ChannelList, ChannelMade, ChannelView
from workflows.requests import NewChannel, OwnersWish
from workflows.sessions import asked_owner

MOST = 5  # of an owner's; the account has few


def create(call: Call[NewChannel]) -> Answer[ChannelMade]:
    """201, or 200 with the caller's channel of that name. IVS bills none that nobody sends to."""
    wish, owner = call.body, call.caller.sub
    own = own_channels(owner)
    for channel in own:
        if channel["name"] == wish.name:
            return Answer(200, {"message": f"You have the channel '{wish.name}' already.", "channel": view(channel)})
    if len(own) >= MOST:
        raise Conflict(f"You have {len(own)} channels, and may have {MOST}. Ask an operator to delete one.")
    try:
        made = aws.ivs().create_channel(name=wish.name, type=wish.type, latencyMode="LOW", tags={OWNER: owner})
    except ClientError as error:
        if error.response["Error"]["Code"] == "ServiceQuotaExceededException":
            raise QuotaExceeded("The account has no IVS channel left. Delete one, or ask AWS for more.") from None
        raise
    new: Item = {**made["channel"]}
    message = f"The channel '{wish.name}' is made. Create a session with it: output.channel_arn."
    return Answer(201, {"message": message, "channel": view(new)})


def listing(call: Call[OwnersWish]) -> Answer[ChannelList]:
    """The caller's, by name; producers may ask for another owner's."""
    return Answer(200, {"channels": [view(each) for each in own_channels(asked_owner(call))]})


def view(channel: Item) -> ChannelView:
    """`lease`: which session has it, and until when at least."""
    shown: ChannelView = {"arn": channel["arn"], "name": channel["name"], "type": channel["type"], "lease": None}
    if lease := store().lease_of(channel["arn"]):
        until = isotime(datetime.fromtimestamp(lease.until, UTC))
        shown["lease"] = {"session_id": lease.session_id, "attempt": lease.attempt, "until": until}
    return shown
