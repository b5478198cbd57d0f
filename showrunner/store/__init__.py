"""The table: one DynamoDB table holds sessions, attempts, waits, leases, and the timeline.

| pk                     | sk                       | what                                                    |
| ---------------------- | ------------------------ | ------------------------------------------------------- |
| SESSION#id             | META                     | the session                                             |
| SESSION#id             | ATTEMPT#number           | one start of it                                         |
| SESSION#id             | RECORDING#attempt#number | a recording: one window of an attempt                   |
| SESSION#id             | TIMELINE#time#kind-any   | what happened                                           |
| SESSION#id             | WAIT#execution#until     | a task token somebody waits on                          |
| SESSION#id             | EXECUTION#name           | an execution that worked for it                         |
| RESOURCE#arn           | SESSION                  | whose attempt a resource belongs to                     |
| OWNER#sub              | MEDIA#id                 | a file of an owner's                                    |
| OWNER#sub, STAGE       | RUNNING                  | which attempts run at once, and how many                |
| OWNER#sub              | CHANNEL#name             | which IVS channel of an owner's has the name            |
| QUOTAS                 | ACCOUNT                  | what the account may have, has, and who reserved of it  |
| COSTS#month            | OWNER#sub, STAGE         | what the attempts of a month have cost, and how many    |
| CHANNEL#arn            | LEASE                    | which attempt has borrowed an IVS channel               |
| IDEMPOTENCY#owner#key  | REQUEST                  | a request already answered                              |
| ORPHAN#arn             | SEEN                     | since when a resource has belonged to nobody            |
| SWEEP                  | CURSOR                   | how far the sweeper has looked into the stored shows    |

What the sweeper looks at has `open`: an attempt's is "yes" while anything of it may exist on MediaLive or IVS, then
"archive" until its recordings are done; a lease's is "lease", a token's "wait".

Every write carries a condition, so that it may be repeated, or meet itself, and change nothing twice.
Reads of items are consistent; the two indexes (`owner`, `open`) are not.
"""

from functools import cache

from showrunner.settings import settings
from showrunner.store.leases import Leases
from showrunner.store.media import MediaFiles
from showrunner.store.on_air import OnAir
from showrunner.store.own_channels import OwnChannels
from showrunner.store.recordings import Recordings
from showrunner.store.requests import Replay
from showrunner.store.sightings import Sightings
from showrunner.store.spending import Spending
from showrunner.store.table import Item
from showrunner.store.timeline import Timeline
from showrunner.store.waits import Wait, Waits

__all__ = ["Item", "Replay", "Store", "Wait", "store"]


class Store(OnAir, Waits, Leases, OwnChannels, Recordings, MediaFiles, Sightings, Spending, Timeline):
    """The operations on the table, by what they mean. Made with the table's name."""


@cache
def _store(table: str) -> Store:
    return Store(table)


def store() -> Store:
    """The store of this stage."""
    return _store(settings().table)
