"""A host's persistent channels: made, listed with who has them, and not lent twice."""

from typing import Any

import pytest

from sandbox.ivs.limits import Quotas
from showrunner import aws
from showrunner.api import Call, Caller
from showrunner.errors import Conflict, Forbidden, OutputInUse, QuotaExceeded
from showrunner.naming import OWNER, SESSION
from showrunner.session import Output, Session
from showrunner.store import Store
from tests.cloud import Cloud
from workflows import channels, sessions
from workflows.requests import NewChannel, OwnersWish, StartWish

ANN, BEN = Caller("ann"), Caller("ben")


def create(name: str, caller: Caller = ANN) -> Any:
    return channels.create(Call(caller, NewChannel(name)))


def listed(caller: Caller = ANN, **query: str) -> list[Any]:
    shown: list[Any] = channels.listing(Call(caller, OwnersWish(**query))).body["channels"]
    return shown


def test_a_host_makes_a_channel_once(table: Store, cloud: Cloud) -> None:
    made = create("friday")
    assert (made.status, made.body["channel"]["lease"]) == (201, None)
    again = create("friday")
    assert (again.status, again.body["channel"]["arn"]) == (200, made.body["channel"]["arn"])
    (channel,) = aws.ivs().list_channels()["channels"]
    assert (channel["name"], channel["type"], channel["tags"]) == ("friday", "STANDARD", {OWNER: "ann"})
    assert create("friday", BEN).status == 201


def test_a_host_sees_the_own_and_who_has_them(table: Store, cloud: Cloud) -> None:
    create("bens", BEN)
    arns = {name: create(name).body["channel"]["arn"] for name in ("two", "one")}
    aws.ivs().create_channel(name="test-show-1", tags={OWNER: "ann", SESSION: "show"})
    table.lease(arns["one"], "show", 3, 60)
    table.lease(arns["two"], "old", 1, -60)
    assert [(each["name"], each["lease"] and each["lease"]["session_id"]) for each in listed()] == [
        ("one", "show"),
        ("two", None),
    ]
    with pytest.raises(Forbidden):
        listed(owner="ben")
    assert [each["name"] for each in listed(Caller("prue", producer=True), owner="ben")] == ["bens"]


def test_a_host_has_only_so_many(table: Store, cloud: Cloud) -> None:
    for number in range(channels.MOST):
        create(f"c{number}")
    with pytest.raises(Conflict, match="may have 5"):
        create("more")
    assert create("c1").status == 200


def test_a_full_account_is_said_so(table: Store, cloud: Cloud) -> None:
    cloud.ivs.quotas = Quotas(channels=0)
    with pytest.raises(QuotaExceeded):
        create("friday")


def session(table: Store, name: str, arn: str, owner: str = "ann") -> None:
    table.create_session(Session(id=name, owner=owner, output=Output(channel_arn=arn)))


def test_a_second_start_names_who_has_the_channel_and_makes_nothing(table: Store, cloud: Cloud) -> None:
    arn = create("friday").body["channel"]["arn"]
    for name in ("first", "second"):
        session(table, name, arn)
    table.lease(arn, "first", 1, 60)
    for press in (sessions.start, sessions.prepare):
        with pytest.raises(OutputInUse, match="'first-1'") as refused:
            press(Call(ANN, StartWish()), "second")  # type: ignore[operator]
        assert refused.value.details == {"channel_arn": arn, "session_id": "first"}
    assert table.session("second").attempt == 0
    table.release(arn, "first", 1)
    assert sessions.start(Call(ANN, StartWish()), "second").status == 202


def test_a_start_tells_nothing_of_another_owners_session(table: Store, cloud: Cloud) -> None:
    """The attempt finds that the channel is not the caller's."""
    arn = create("friday").body["channel"]["arn"]
    session(table, "first", arn)
    session(table, "bens", arn, "ben")
    table.lease(arn, "first", 1, 60)
    assert sessions.start(Call(BEN, StartWish()), "bens").status == 202
