"""A host's persistent channels: made, listed with who has them, and not lent twice."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.ivs.limits import Quotas
from sandbox.ivs.unknowns import Unknowns
from showrunner import aws, clock, ivs
from showrunner.api import Call, Caller
from showrunner.errors import Conflict, Forbidden, InProgress, OutputInUse, OutputNotFound, QuotaExceeded
from showrunner.naming import OWNER, SESSION
from showrunner.session import Output, Session
from showrunner.store import Store
from tasks import sweep_rows
from tests.cloud import Cloud
from workflows import channels, costs, sessions
from workflows.requests import CostWish, NewChannel, OwnersWish, StartWish

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


def test_a_show_on_a_borrowed_channel_is_planned_by_its_type(table: Store, cloud: Cloud) -> None:
    """A profile that BASIC would do for."""

    def of_ivs() -> list[tuple[str, float | None]]:
        lines = costs.read(Call(ANN, CostWish()), "show").body["planned"]["lines"]
        return [(each["item"], each["dollars"]) for each in lines if each["item"].startswith("ivs input")]

    arn = create("friday").body["channel"]["arn"]
    table.create_session(Session(id="show", owner="ann", profile="360p30", output=Output(channel_arn=arn)))
    assert of_ivs() == [("ivs input STANDARD", 2.0)]
    table.begin_attempt(table.session("show"), start=True)
    table.remember("show", 1, ivs_type="ADVANCED_SD")  # as it was then
    assert of_ivs() == [("ivs input ADVANCED_SD", None)]
    table._update({"pk": "SESSION#show", "sk": "ATTEMPT#000001"}, "REMOVE ivs_type", {})
    aws.ivs().untag_resource(resourceArn=arn, tagKeys=[OWNER])  # not hers any more
    assert of_ivs() == [("ivs input BASIC", 0.2)]


def test_a_channel_that_may_not_be_seen_is_nobodys_own(
    table: Store, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn, codes = create("friday").body["channel"]["arn"], ["AccessDeniedException", "InternalServerException"]

    def refused(**_: Any) -> Any:
        raise ClientError({"Error": {"Code": codes.pop(0)}}, "GetChannel")

    monkeypatch.setattr(aws.ivs(), "get_channel", refused, raising=False)
    assert ivs.persistent(arn, "ann") is None
    with pytest.raises(ClientError):
        ivs.persistent(arn, "ann")


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


# Deleted, and made at once


def delete(arn: str, caller: Caller = ANN) -> Any:
    return channels.delete(Call(caller, None), arn.rpartition("/")[2])


def arns() -> list[str]:
    return [each["arn"] for each in aws.ivs().list_channels()["channels"]]


def test_a_channel_is_deleted_with_its_key_and_its_name_is_free(table: Store, cloud: Cloud) -> None:
    arn = create("friday").body["channel"]["arn"]
    with pytest.raises(OutputNotFound):
        delete(arn, BEN)
    assert delete(arn).body["arn"] == arn
    assert (arns(), cloud.ivs._keys) == ([], {})
    with pytest.raises(OutputNotFound, match="GET /channels"):
        delete(arn)
    again = create("friday")
    assert (again.status, again.body["channel"]["arn"] != arn) == (201, True)


def test_a_channel_that_a_session_has_made_for_itself_is_nobodys_to_delete(table: Store, cloud: Cloud) -> None:
    arn = aws.ivs().create_channel(name="test-show-1", tags={OWNER: "ann", SESSION: "show"})["channel"]["arn"]
    with pytest.raises(OutputNotFound):
        delete(arn)
    assert arns() == [arn]


def test_a_channel_that_a_session_has_is_not_deleted(table: Store, cloud: Cloud) -> None:
    arn = create("friday").body["channel"]["arn"]
    table.lease(arn, "show", 1, 60)
    with pytest.raises(OutputInUse, match="in use by 'show-1'") as refused:
        delete(arn)
    assert refused.value.details == {"channel_arn": arn, "session_id": "show"}
    table.release(arn, "show", 1)
    cloud.ivs.stream_started(arn)
    with pytest.raises(Conflict, match="Somebody streams"):
        delete(arn)
    table.lease(arn, "show", 1, 60)  # it was given free again
    table.release(arn, "show", 1)
    cloud.ivs.stream_ended(arn)
    assert delete(arn).status == 200


def test_no_session_takes_a_channel_that_is_being_deleted(table: Store, cloud: Cloud) -> None:
    arn = create("friday").body["channel"]["arn"]
    session(table, "show", arn)
    table.lock(arn, "a run", 30)
    with pytest.raises(OutputInUse, match="is being deleted"):
        table.lease(arn, "show", 1, 60)
    with pytest.raises(OutputInUse, match="is being deleted"):
        sessions.start(Call(ANN, StartWish()), "show")
    with pytest.raises(OutputInUse, match="is being deleted"):  # a second request
        delete(arn)
    assert [each["lease"] for each in listed()] == [None]
    assert sweep_rows.handler({}, None)["finds"] == []
    table.unlock(arn, "another run")
    with pytest.raises(OutputInUse):
        table.lease(arn, "show", 1, 60)
    table.unlock(arn, "a run")
    table.lease(arn, "show", 1, 60)


def test_a_deletion_whose_answer_got_lost_is_done(table: Store, cloud: Cloud) -> None:
    arn = create("friday").body["channel"]["arn"]

    def gone() -> None:
        raise ConnectionError

    cloud.after["DeleteChannel"] = gone
    with pytest.raises(ConnectionError):
        delete(arn)
    with pytest.raises(OutputNotFound):
        delete(arn)
    assert create("friday").status == 201


def test_of_requests_at_once_one_makes_the_channel(table: Store, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second comes while the first has asked IVS, whose list does not show the channel yet."""
    monkeypatch.setattr(clock, "sleep", lambda _: None)
    answers: list[Any] = []

    def second() -> None:
        with pytest.raises(InProgress):
            create("friday")

    cloud.after["CreateChannel"] = second
    cloud.ivs.unknowns = Unknowns(lagging_lists=True)
    answers += [create("friday"), create("friday")]
    assert [each.status for each in answers] == [201, 200]
    cloud.clock.advance(2)
    assert len(arns()) == 1


def test_who_dies_on_making_it_leaves_it_to_the_next(
    table: Store, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "sleep", lambda _: None)
    table.claim_name("ann", "friday", "dead", 30, gone=None)
    with pytest.raises(InProgress):
        create("friday")
    table.claim_name("ann", "monday", "dead", -1, gone=None)  # and its time is over
    assert create("monday").status == 201
    made = aws.ivs().create_channel(name="sunday", tags={OWNER: "ann"})["channel"]["arn"]
    table.claim_name("ann", "sunday", "dead", 30, gone=None)  # it had asked IVS
    assert create("sunday").body["channel"]["arn"] == made


def test_a_name_is_free_when_the_account_is_full(table: Store, cloud: Cloud) -> None:
    cloud.ivs.quotas = Quotas(channels=0)
    with pytest.raises(QuotaExceeded):
        create("friday")
    cloud.ivs.quotas = Quotas(channels=1)
    assert create("friday").status == 201
